namespace DmaBuf.SharedTests;

/// <summary>What is passed where a file is asked for.</summary>
public enum FileKind
{
    /// <summary>One that can be mapped.</summary>
    Mappable,

    /// <summary>No file: a number that is not open, or a buffer that was closed.</summary>
    None,

    /// <summary>A file of a kind that cannot be mapped.</summary>
    Unsuitable,
}
