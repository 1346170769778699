namespace DmaBuf.Linux;

/// <summary>A frame that came out of a queue. Its slot is the program's until it is enqueued again.</summary>
/// <remarks>Immutable, thus safe to share between threads.</remarks>
/// <param name="Slot">Which buffer of the queue it lies in.</param>
/// <param name="Sequence">The device's count of frames; a gap is a lost frame.</param>
/// <param name="Timestamp">When it was taken or shown, usually on the kernel's monotonic clock.</param>
/// <param name="IsDamaged">The device had an error; the content is not to be relied on.</param>
/// <param name="BytesUsed">Bytes of each plane that the frame fills.</param>
public sealed record VideoFrame(int Slot, uint Sequence, TimeSpan Timestamp, bool IsDamaged, IReadOnlyList<uint> BytesUsed);
