namespace DmaBuf.Linux;

/// <summary>
/// What can no longer be done to a memory file, by anybody (<c>F_SEAL_*</c>). Seals belong to the file, not to a descriptor; they are
/// added and never removed. Values are the kernel's.
/// </summary>
[Flags]
public enum MemorySeals
{
    /// <summary>None: a peer may truncate the memory under its users, who then get SIGBUS.</summary>
    None = 0,

    /// <summary>No further seals can be added (<c>F_SEAL_SEAL</c>).</summary>
    Seal = 0x1,

    /// <summary>The size cannot become less (<c>F_SEAL_SHRINK</c>): what keeps accesses safe from truncation.</summary>
    Shrink = 0x2,

    /// <summary>The size cannot become more (<c>F_SEAL_GROW</c>).</summary>
    Grow = 0x4,

    /// <summary>
    /// Nobody can write any more (<c>F_SEAL_WRITE</c>). Refused with EBUSY while a writable mapping, or a device's pin, exists.
    /// </summary>
    Write = 0x8,

    /// <summary>
    /// Nobody can begin to write (<c>F_SEAL_FUTURE_WRITE</c>, Linux 5.1): no new writable mapping, no write call, no hole. Writable
    /// mappings that exist go on: the way for a producer that keeps writing while its consumers only read.
    /// </summary>
    FutureWrite = 0x10,

    /// <summary>The execute permission cannot change (<c>F_SEAL_EXEC</c>, Linux 6.3); set by the kernel for memory that is made unexecutable.</summary>
    Execute = 0x20,

    /// <summary>The seals for memory that all parties may write: its size is final, and so are its seals.</summary>
    FixedSize = Shrink | Grow | Seal,

    /// <summary>The seals for memory that its receivers only read: <see cref="FixedSize"/> and <see cref="FutureWrite"/>.</summary>
    ReadOnly = FixedSize | FutureWrite,

    /// <summary>The seals for memory that never changes again: <see cref="FixedSize"/> and <see cref="Write"/>.</summary>
    Frozen = FixedSize | Write,
}
