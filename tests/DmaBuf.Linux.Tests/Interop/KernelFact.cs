namespace DmaBuf.Linux.Tests;

/// <summary>One claim about a header: a C expression, and the value that our class has for it.</summary>
/// <param name="Expression">A constant's name, or a <c>sizeof</c> or <c>offsetof</c>.</param>
/// <param name="Value">Ours; unsigned 64-bit numbers as their bits.</param>
/// <param name="IsYoung">Marked with <see cref="SinceKernelAttribute"/>: the installed headers may not have it.</param>
internal sealed record KernelFact(string Expression, long Value, bool IsYoung)
{
    /// <summary>A name can be looked for by the preprocessor; a structure cannot.</summary>
    internal bool IsName => Expression.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
}
