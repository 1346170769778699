namespace DmaBuf.Machine;

/// <summary>An address on a <see cref="GpuLink"/>: neither a physical nor a DMA address.</summary>
/// <param name="Value">The address in bytes.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct GpuLinkAddress(ulong Value)
{
    /// <summary>The address as <c>link:0x…</c>.</summary>
    public override string ToString() => $"link:0x{Value:x}";
}
