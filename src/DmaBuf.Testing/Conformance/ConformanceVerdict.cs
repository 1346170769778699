namespace DmaBuf.Testing;

/// <summary>What was found of one rule.</summary>
public enum ConformanceVerdict
{
    /// <summary>The rule holds, with every kind of importer that it speaks of.</summary>
    Holds,

    /// <summary>The rule is broken.</summary>
    Broken,

    /// <summary>The subject lacks what the rule needs, for example a request that is declined.</summary>
    NotChecked,
}
