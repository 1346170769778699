namespace DmaBuf.Machine;

/// <summary>What every part of a device's way to memory needs to know of it.</summary>
/// <param name="Name">For diagnostics.</param>
/// <param name="NumaNode">The node that it is near to; null: none.</param>
/// <param name="LastAddress">The highest DMA address that the device can form.</param>
/// <param name="SegmentLimits">What one entry of its tables may look like.</param>
/// <param name="Memory">What is at the other end.</param>
/// <param name="Faults">Where faults go.</param>
internal sealed record DeviceIdentity(string Name, int? NumaNode, DmaAddress LastAddress, DmaSegmentLimits SegmentLimits, PhysicalMemory Memory, DmaFaultLog Faults);
