namespace DmaBuf.Linux;

/// <summary>A buffer that outlived the processes that held it: nobody visible holds it any more, and the kernel still lists it.</summary>
/// <remarks>Something else keeps it: a device that never detached, a descriptor that waits in a socket, or a process that this user may not see. Immutable, safe for all threads.</remarks>
/// <param name="Buffer">As it is now.</param>
/// <param name="DeadHolders">Who held it before and has ended since.</param>
public sealed record OrphanedBuffer(KernelBufferRecord Buffer, IReadOnlyList<BufferHolder> DeadHolders);
