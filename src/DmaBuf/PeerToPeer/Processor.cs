namespace DmaBuf;

/// <summary>The machine's processor, as far as peer traffic depends on it.</summary>
/// <param name="Vendor">Who made it.</param>
/// <param name="Family">Its family, extended family included.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record Processor(ProcessorVendor Vendor, int Family)
{
    /// <summary>Whether it forwards peer traffic between all root ports, whatever the whitelist says: AMD Zen (family 0x17) and later.</summary>
    public bool ForwardsPeerTraffic => Vendor == ProcessorVendor.Amd && Family >= 0x17;
}
