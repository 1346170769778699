namespace DmaBuf.Sharing;

/// <summary>A buffer that another process shares.</summary>
/// <param name="Name">The name to attach by.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Exporter">The name of its exporter there.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record SharedBufferDescription(string Name, ulong Size, string Exporter);
