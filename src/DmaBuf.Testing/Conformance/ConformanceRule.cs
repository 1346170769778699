namespace DmaBuf.Testing;

/// <summary>One rule of the kit. docs/conformance.md lists them all.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed class ConformanceRule
{
    internal ConformanceRule(string name, string meaning, ConformanceImporters importers, Action<ConformanceBench> check)
    {
        Name = name;
        Meaning = meaning;
        Importers = importers;
        Check = check;
    }

    /// <summary>The name by which results and documentation speak of it; it does not change.</summary>
    public string Name { get; }

    /// <summary>What must hold, as a sentence.</summary>
    public string Meaning { get; }

    internal ConformanceImporters Importers { get; }

    /// <summary>Throws <see cref="BrokenRuleException"/>, or whatever the subject throws, where the rule does not hold.</summary>
    internal Action<ConformanceBench> Check { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
