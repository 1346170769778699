namespace DmaBuf.Linux;

/// <summary>
/// One buffer as the kernel's texts describe it, joined by inode. What no readable text said is null, which differs from none. Immutable, thus safe to share between threads.
/// </summary>
/// <param name="Kind"><see cref="OpenFileKind.DmaBuffer"/>, or <see cref="OpenFileKind.MemoryFile"/> for memory of <c>memfd_create</c>, huge pages included.</param>
/// <param name="Inode">Which one: unique among living dma-bufs, and among living memory files of one page size.</param>
/// <param name="Size">Bytes; null if only mappings of it were seen.</param>
/// <param name="Exporter">Which driver made the dma-buf (<c>exp_name</c>), for example <c>system</c>; null for memory files, and where only mappings were seen.</param>
/// <param name="Name">What its user called it (<c>DMA_BUF_SET_NAME</c>, <c>memfd_create</c>), which may hold anything; null if nothing.</param>
/// <param name="References">References to its file as the kernel counts them: descriptors of all processes, those in flight, mappings, and the kernel's own; null if unknown.</param>
/// <param name="Holders">Processes in which it was seen, by process number. None does not mean that nobody holds it: the kernel and hidden processes may.</param>
/// <param name="AttachedDevices">Devices attached to it, from bufinfo; null if that could not be read.</param>
/// <param name="Fences">Its fences as the kernel describes them, from bufinfo; null if that could not be read.</param>
public sealed record KernelBufferRecord(
    OpenFileKind Kind,
    ulong Inode,
    ulong? Size,
    string? Exporter,
    string? Name,
    ulong? References,
    IReadOnlyList<BufferHolder> Holders,
    IReadOnlyList<string>? AttachedDevices,
    IReadOnlyList<string>? Fences);
