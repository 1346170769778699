namespace DmaBuf.Testing;

/// <summary>A mapping type breaks at least one rule. The message lists them.</summary>
public sealed class ConformanceException(IReadOnlyList<ConformanceResult> results)
    : Exception(string.Join('\n', results.Where(static result => !result.Passed)))
{
    /// <summary>All results, also of the rules that hold.</summary>
    public IReadOnlyList<ConformanceResult> Results { get; } = results;
}
