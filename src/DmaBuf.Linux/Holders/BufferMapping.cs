namespace DmaBuf.Linux;

/// <summary>One mapping of a buffer in a process's address space, from <c>/proc/PID/maps</c>. A value.</summary>
/// <param name="Start">First address, in that process.</param>
/// <param name="End">Address behind the last byte.</param>
/// <param name="Offset">Where in the buffer the mapping begins, in bytes.</param>
/// <param name="IsWritable">Whether that process may write through it.</param>
/// <param name="IsShared">Whether what it writes reaches the buffer; false for a private copy (<c>MAP_PRIVATE</c>).</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct BufferMapping(ulong Start, ulong End, ulong Offset, bool IsWritable, bool IsShared)
{
    /// <summary>How long it is, in bytes.</summary>
    public ulong Bytes => End - Start;
}
