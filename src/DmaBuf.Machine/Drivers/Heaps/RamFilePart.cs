namespace DmaBuf.Machine;

/// <summary>One item of a buffer over files (<c>struct udmabuf_create_item</c>).</summary>
/// <param name="File">The file; sealed against shrinking, not against writing.</param>
/// <param name="Offset">The part's first byte; a multiple of 4096.</param>
/// <param name="Length">Bytes; a multiple of 4096, not zero.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record RamFilePart(RamFile File, ulong Offset, ulong Length);
