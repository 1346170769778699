namespace DmaBuf.Linux;

/// <summary>Where a heap takes its memory from, as far as its name tells; the kernel has no other way to say it.</summary>
public enum DmaHeapKind
{
    /// <summary>A heap of a driver or of firmware, whose memory is not known.</summary>
    Other = 0,

    /// <summary>Ordinary pages, in runs as long as the kernel finds them (<c>system</c>).</summary>
    System,

    /// <summary>Memory that was set aside at boot; each buffer is one contiguous run (CMA).</summary>
    Contiguous,
}
