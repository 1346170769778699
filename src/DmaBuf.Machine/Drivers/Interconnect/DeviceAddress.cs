namespace DmaBuf.Machine;

/// <summary>An address inside a partitioned GPU: what its own engines use for its memory. Neither a physical nor a DMA address.</summary>
/// <param name="Value">The address in bytes.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct DeviceAddress(ulong Value)
{
    /// <summary>The address as <c>device:0x…</c>.</summary>
    public override string ToString() => $"device:0x{Value:x}";
}
