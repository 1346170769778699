namespace DmaBuf.Testing;

/// <summary>The result of one rule.</summary>
/// <param name="Rule">The rule as a sentence.</param>
/// <param name="Failure">What was found instead; null: the rule holds.</param>
public sealed record ConformanceResult(string Rule, string? Failure)
{
    /// <summary>Whether the rule holds.</summary>
    public bool Passed => Failure is null;

    /// <summary>The rule and what was found.</summary>
    public override string ToString() => Passed ? $"ok: {Rule}" : $"BROKEN: {Rule}: {Failure}";
}
