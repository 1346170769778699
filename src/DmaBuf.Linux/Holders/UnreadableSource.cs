namespace DmaBuf.Linux;

/// <summary>A source that would have said more about all buffers and could not be read.</summary>
/// <param name="Path">Which file or directory.</param>
/// <param name="Errno">ENOENT: this kernel or its configuration has none; EACCES: not for this user.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public readonly record struct UnreadableSource(string Path, Errno Errno);
