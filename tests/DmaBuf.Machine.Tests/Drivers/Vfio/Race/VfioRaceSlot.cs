namespace DmaBuf.Machine.Tests;

/// <summary>A buffer of the race, and where each of its pages lies.</summary>
internal sealed record VfioRaceSlot(DmaBuffer Buffer, PhysicalAddress[] Pages);
