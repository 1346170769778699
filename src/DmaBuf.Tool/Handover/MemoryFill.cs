using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>Puts bytes into memory that was never touched.</summary>
/// <remarks>
/// Through the descriptor and not through a mapping: a mapping faults once a page, and the kernel clears each page only to have it overwritten. For fresh memory that
/// costs several times the copy itself. It also leaves no writable mapping that would have to go before the memory can be sealed.
/// </remarks>
internal static class MemoryFill
{
    /// <summary>So small that the bytes are still in the processor's cache when they are written and hashed.</summary>
    internal const int PieceBytes = 256 << 10;

    internal static void Write(MemoryFile memory, ulong offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(memory.Descriptor, bytes, (long)offset);
}
