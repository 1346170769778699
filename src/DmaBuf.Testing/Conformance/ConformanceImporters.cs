namespace DmaBuf.Testing;

/// <summary>The importers with which a rule is checked.</summary>
internal enum ConformanceImporters
{
    /// <summary>Once with a static importer, if the subject takes one, and once with a dynamic one.</summary>
    Each,

    /// <summary>A static importer, which cannot be told to let go.</summary>
    Static,

    /// <summary>A dynamic importer, which is told.</summary>
    Dynamic,
}
