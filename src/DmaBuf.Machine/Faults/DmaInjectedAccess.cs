namespace DmaBuf.Machine;

/// <summary>The access before which an injection strikes.</summary>
/// <param name="Device">Whose access it is.</param>
/// <param name="Transfer">The channel's transfer that makes it; null: a call of the device's own methods.</param>
/// <param name="Access">What is done.</param>
/// <param name="Address">The first byte.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct DmaInjectedAccess(DmaEngineDevice Device, DmaTransfer? Transfer, DmaAccess Access, DmaAddress Address);
