namespace DmaBuf.Machine;

/// <summary>Where a BAR was put.</summary>
internal readonly record struct PciBarPlacement(PhysicalRange Range, ulong BusOffset, bool PeerToPeer);
