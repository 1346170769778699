namespace DmaBuf.Linux;

/// <summary>What a mapping lets this process do with the memory (<c>PROT_*</c>).</summary>
public enum MemoryProtection
{
    /// <summary>Read only: a write through the mapping is not possible.</summary>
    Read = 0,

    /// <summary>Read and write; the descriptor must be writable and the file not write-sealed.</summary>
    ReadWrite,
}
