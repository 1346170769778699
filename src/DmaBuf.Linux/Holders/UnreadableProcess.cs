namespace DmaBuf.Linux;

/// <summary>A process whose descriptors or mappings this user may not see.</summary>
/// <param name="ProcessId">Its number.</param>
/// <param name="Errno">What the kernel answered: EACCES where it belongs to somebody else.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct UnreadableProcess(int ProcessId, Errno Errno);
