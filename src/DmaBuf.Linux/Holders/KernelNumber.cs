using System.Buffers.Text;

namespace DmaBuf.Linux;

/// <summary>Numbers as the kernel prints them: digits, nothing else, possibly with leading zeros.</summary>
internal static class KernelNumber
{
    /// <summary>False for anything that is no whole number of this base or does not fit; <paramref name="value"/> is then 0.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out ulong value, char format = 'D')
    {
        if (text.Length is > 0 and <= 32 && text[0] != (byte)'+' && Utf8Parser.TryParse(text, out value, out int consumed, format) && consumed == text.Length)
        {
            return true;
        }

        value = 0;
        return false;
    }
}
