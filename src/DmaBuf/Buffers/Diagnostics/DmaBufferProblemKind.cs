namespace DmaBuf;

/// <summary>What went wrong without anybody to throw at.</summary>
public enum DmaBufferProblemKind
{
    /// <summary>An attachment was disposed with live mappings or pins; they were undone.</summary>
    DisposedWithLeftovers,

    /// <summary>A callback or an operation that must not throw did; the framework went on.</summary>
    BrokenPromise,

    /// <summary>An importer held memory past a revoke's deadline and could not be cut off.</summary>
    Quarantined,
}
