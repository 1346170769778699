namespace DmaBuf;

/// <summary>The seals of a memory file (<c>F_SEAL_*</c>; the values are the kernel's).</summary>
[Flags]
public enum DescriptorSeals
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>No further seals (<c>F_SEAL_SEAL</c>).</summary>
    Seal = 1,

    /// <summary>It cannot shrink, so that no access can hit a missing page (<c>F_SEAL_SHRINK</c>).</summary>
    Shrink = 2,

    /// <summary>It cannot grow (<c>F_SEAL_GROW</c>).</summary>
    Grow = 4,

    /// <summary>Nobody can write (<c>F_SEAL_WRITE</c>).</summary>
    Write = 8,

    /// <summary>No new writable mapping and no write call (<c>F_SEAL_FUTURE_WRITE</c>).</summary>
    FutureWrite = 16,

    /// <summary>Nobody can make it executable (<c>F_SEAL_EXEC</c>).</summary>
    Execute = 32,
}
