namespace DmaBuf.Machine;

/// <summary>A run of link addresses.</summary>
/// <param name="Start">The first byte.</param>
/// <param name="Length">Bytes.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct GpuLinkRange(GpuLinkAddress Start, ulong Length);
