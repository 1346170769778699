namespace DmaBuf.Testing;

/// <summary>The result of one rule.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Verdict">Whether it holds.</param>
/// <param name="Detail">What was found instead, or why it was not checked; null: it holds.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record ConformanceResult(ConformanceRule Rule, ConformanceVerdict Verdict, string? Detail)
{
    /// <summary>True unless the rule is broken.</summary>
    public bool Passed => Verdict != ConformanceVerdict.Broken;

    /// <summary>The rule and what was found.</summary>
    public override string ToString() => Verdict switch
    {
        ConformanceVerdict.Holds => $"ok: {Rule}",
        ConformanceVerdict.NotChecked => $"not checked: {Rule}: {Detail}",
        _ => $"BROKEN: {Rule}: {Detail}. The rule: {Rule.Meaning}",
    };
}
