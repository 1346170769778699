namespace DmaBuf.Machine;

/// <summary>Where a BAR was put, and what it is like.</summary>
internal readonly record struct PciBarPlacement(PhysicalRange Range, ulong BusOffset, PciBarOptions Options, bool HasProvider);
