namespace DmaBuf.Machine;

/// <summary>
/// Bytes inside a device that no bus address leads to: a medium, a cache, a FIFO. Only the device's own DMA channel moves them to memory and back.
/// </summary>
/// <remarks>
/// Threads: called by the thread of the channel, of several channels at once if it is given to several. It gets ranges inside of its length only. What it throws fails
/// the transfer: a <see cref="DmaBufException"/> with its errno, anything else with EIO.
/// </remarks>
public interface IDeviceMemory
{
    /// <summary>Bytes; does not change.</summary>
    ulong Length { get; }

    /// <summary>Copies bytes out of it.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    void Read(ulong offset, Span<byte> destination);

    /// <summary>Copies bytes into it.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="source">The bytes.</param>
    void Write(ulong offset, ReadOnlySpan<byte> source);
}
