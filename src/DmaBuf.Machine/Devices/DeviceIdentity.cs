namespace DmaBuf.Machine;

/// <summary>What every part of a device's way to memory needs to know of it.</summary>
/// <remarks>Safe for all threads. All but the mask is immutable.</remarks>
internal sealed class DeviceIdentity(string name, int? numaNode, DmaAddress reach, DmaSegmentLimits segmentLimits, PhysicalMemory memory, DmaFaultLog faults)
{
    private ulong _mask = MaskOver(reach.Value);

    /// <summary>For diagnostics.</summary>
    public string Name => name;

    /// <summary>The node that it is near to; null: none.</summary>
    public int? NumaNode => numaNode;

    /// <summary>The highest address that the hardware, device and bus together, can form.</summary>
    public DmaAddress Reach => reach;

    /// <summary>What the driver said that the device can form; a power of two less one.</summary>
    public ulong Mask
    {
        get => Volatile.Read(ref _mask);
        set => Volatile.Write(ref _mask, value);
    }

    /// <summary>The highest address that may be given to the device: the lower of both.</summary>
    public DmaAddress LastAddress => LastAddressUnder(Mask);

    /// <summary>What one entry of its tables may look like.</summary>
    public DmaSegmentLimits SegmentLimits => segmentLimits;

    /// <summary>What is at the other end.</summary>
    public PhysicalMemory Memory => memory;

    /// <summary>Where faults go.</summary>
    public DmaFaultLog Faults => faults;

    /// <summary>What <see cref="LastAddress"/> would be with another mask.</summary>
    public DmaAddress LastAddressUnder(ulong mask) => new(Math.Min(reach.Value, mask));

    private static ulong MaskOver(ulong last) => last == 0 ? 0 : ulong.MaxValue >> (int)ulong.LeadingZeroCount(last);
}
