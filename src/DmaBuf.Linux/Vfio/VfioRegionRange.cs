namespace DmaBuf.Linux;

/// <summary>A part of a BAR.</summary>
/// <param name="Offset">The first byte within the BAR; a multiple of the page.</param>
/// <param name="Length">Bytes; a multiple of the page, not 0.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct VfioRegionRange(ulong Offset, ulong Length);
