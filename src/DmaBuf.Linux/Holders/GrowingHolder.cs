namespace DmaBuf.Linux;

/// <summary>A process that held more buffers or bytes at the end than at the beginning, and never fewer in between.</summary>
/// <param name="Process">The process, as a holder of one of its buffers at the end.</param>
/// <param name="BuffersBefore">How many buffers it held first.</param>
/// <param name="BuffersAfter">How many at the end.</param>
/// <param name="BytesBefore">Their sizes together, first; buffers whose size is unknown count nothing.</param>
/// <param name="BytesAfter">Their sizes together at the end.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record GrowingHolder(BufferHolder Process, int BuffersBefore, int BuffersAfter, ulong BytesBefore, ulong BytesAfter);
