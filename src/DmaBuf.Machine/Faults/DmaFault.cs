namespace DmaBuf.Machine;

/// <summary>One entry of the fault log.</summary>
/// <param name="Sequence">Counts all faults of the machine from 1.</param>
/// <param name="Device">The name of the device.</param>
/// <param name="Address">The first address that faulted, as the device put it on its bus.</param>
/// <param name="Access">What the device did; null if it was a driver's call.</param>
/// <param name="Reason">Why it was stopped.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record DmaFault(long Sequence, string Device, DmaAddress Address, DmaAccess? Access, DmaFaultReason Reason);
