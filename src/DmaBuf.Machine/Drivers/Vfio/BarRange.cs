namespace DmaBuf.Machine;

/// <summary>A part of a BAR as its owner names it (<c>struct vfio_region_dma_range</c>).</summary>
/// <param name="Offset">The first byte, counted from the BAR's start; a multiple of 4096.</param>
/// <param name="Length">Bytes; a multiple of 4096, not zero.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct BarRange(ulong Offset, ulong Length);
