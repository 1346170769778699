namespace DmaBuf;

/// <summary>What the CPU may do with a mapping.</summary>
public enum CpuAccess
{
    /// <summary>Only read; of a peer's memory, enforced by its seals and by the page protection.</summary>
    Read = 1,

    /// <summary>Read and write.</summary>
    ReadWrite = 2,
}
