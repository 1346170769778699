namespace DmaBuf;

/// <summary>Whether what an attachment mapped can be taken away again.</summary>
public enum Revocability
{
    /// <summary>It cannot: a descriptor was handed to a kernel interface or to another process.</summary>
    None,

    /// <summary>Only the importer can let go.</summary>
    Cooperative,

    /// <summary>The framework can take it away: a CPU mapping of our own, an IOMMU entry.</summary>
    Enforced,
}
