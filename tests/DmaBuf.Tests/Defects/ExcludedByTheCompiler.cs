namespace DmaBuf.Tests.Defects;

/// <summary>
/// Defects and misuses that cannot be written. Each program stands beside one that differs in the forbidden piece alone and compiles, so that it fails
/// for that piece and for nothing else.
/// </summary>
public sealed class ExcludedByTheCompiler
{
    [Theory]
    [MemberData(nameof(ForbiddenAgreements.Programs), MemberType = typeof(ForbiddenAgreements))]
    [MemberData(nameof(ForbiddenAccesses.Programs), MemberType = typeof(ForbiddenAccesses))]
    public void It_does_not_compile(string what, string error, string forbidden, string allowed)
    {
        Assert.True(Compilation.ErrorsOf(allowed) is [], $"{what}: the allowed program gives {string.Join(' ', Compilation.ErrorsOf(allowed))}");
        string[] errors = Compilation.ErrorsOf(forbidden);
        Assert.True(errors is [var only] && only == error, $"{what}: expected {error}, got '{string.Join(' ', errors)}'");
    }
}
