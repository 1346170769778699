namespace DmaBuf.Machine;

/// <summary>A run of bytes in a virtual function's BAR, counted from the BAR's start.</summary>
/// <param name="Offset">The first byte.</param>
/// <param name="Length">Bytes.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct ApertureRange(ulong Offset, ulong Length);
