namespace DmaBuf;

/// <summary>
/// Makes a <see cref="ScatterGatherTable"/> for a device from physical ranges (<c>phys_vec_to_sgt</c>), for exporters that know where their memory lies.
/// </summary>
/// <remarks>
/// <para>How the device reaches the memory decides the mode:</para>
/// <list type="bullet">
/// <item><b>A, bus address</b>: a peer's BAR below the same switch. DMA address = physical address + the provider's bus offset; nothing is mapped.</item>
/// <item><b>B, linked</b>: RAM, or a BAR through the host bridge, and the device can reserve one block of I/O virtual addresses. All ranges are linked
/// into it at cumulative 64-bit offsets; the device sees one run.</item>
/// <item><b>C, per range</b>: the same without a block, for example because the device has no IOMMU. Each range is mapped by itself.</item>
/// </list>
/// <para>Words: a <i>range</i> is physical, a <i>run</i> is contiguous for the device, an <i>entry</i> is a run of at most
/// <see cref="ScatterGatherTable.MaximumEntryLength"/> bytes, and within the device's <see cref="IDmaDevice.SegmentLimits"/>. A <i>provider</i> says that the ranges are MMIO of one BAR; without one they are RAM.</para>
/// <para>Locks: takes none; the exporter calls it under the buffer's reservation lock, inside its map. If a step fails, exactly the steps before it are
/// undone, and the error is that of the step. Safe for calls from several threads.</para>
/// </remarks>
public static class ScatterGatherTableBuilder
{
    /// <summary>Maps the ranges for the device and writes the table.</summary>
    /// <param name="device">The importing device (the attachment's, not the exporter's).</param>
    /// <param name="provider">The BAR that the ranges lie in: they are MMIO; null: they are RAM, and no peer-to-peer rule applies.</param>
    /// <param name="ranges">In the order of the buffer's bytes; starts and lengths page aligned, none empty, none wrapping. Not kept.</param>
    /// <param name="size">The buffer's size in bytes: exactly the sum of the lengths.</param>
    /// <param name="direction">Which accesses the device may make.</param>
    /// <returns>The table and its undoing, owned by the caller until <see cref="ScatterGatherBacking.Release()"/>.</returns>
    /// <exception cref="DmaBufException">
    /// EINVAL: no device, limits that are null, no such direction, no range, an empty or unaligned one, a wrong sum, or the device cannot reach the provider; EOVERFLOW: a range or
    /// the sum wraps; ENOMEM: no memory for table or state; or what the device's own failing step reported.
    /// </exception>
    public static ScatterGatherBacking Build(
        IDmaDevice device, PeerToPeerProvider? provider, ReadOnlySpan<PhysicalRange> ranges, ulong size, DmaDirection direction)
    {
        if (device is null)
            throw new DmaBufException(Errno.EINVAL, "A scatter/gather table needs the importing device; none was given.");
        DmaDirectionRule.Require(direction);
        PhysicalRangeSummary summary = PhysicalRangeRules.Require(
            ranges, size, MemoryPage.Size, PhysicalRangeRules.AnyAddressWidth, "Scatter/gather table");
        DmaSegmentLimits? limits = device.SegmentLimits is { AreNone: true } ? null : LimitsOf(device);
        if (provider is null)
            return MapThroughDevice(device, ranges, summary, direction, DmaAttributes.None, limits);
        return RouteTo(provider, device) == PeerToPeerMapType.BusAddress
            ? BusAddressBacking.Create(device, provider, ranges, summary, direction, limits)
            : MapThroughDevice(device, ranges, summary, direction, DmaAttributes.Mmio, limits);
    }

    private static DmaSegmentLimits LimitsOf(IDmaDevice device) => device.SegmentLimits
        ?? throw new DmaBufException(Errno.EINVAL, $"{device.Name} has null for segment limits; a device without any has {nameof(DmaSegmentLimits)}.{nameof(DmaSegmentLimits.None)}.");

    // Either of the two kinds of path that carry peer traffic; anything else throws.
    private static PeerToPeerMapType RouteTo(PeerToPeerProvider provider, IDmaDevice device)
    {
        if (provider.Device is null)
            throw new DmaBufException(Errno.EINVAL, "The peer-to-peer provider names no PCI device; make it with the function that owns the BAR.");
        PeerToPeerRoute route = provider.Device.RouteFrom(device.PciDevice);
        if (route.MapType is not (PeerToPeerMapType.BusAddress or PeerToPeerMapType.ThroughHostBridge))
        {
            throw new DmaBufException(
                Errno.EINVAL, $"{device.Name} cannot reach the memory of {provider.Device.Address}: {route.MapType}, {route.Reason}.");
        }

        return route.MapType;
    }

    private static ScatterGatherBacking MapThroughDevice(
        IDmaDevice device,
        ReadOnlySpan<PhysicalRange> ranges,
        in PhysicalRangeSummary summary,
        DmaDirection direction,
        DmaAttributes attributes,
        DmaSegmentLimits? limits)
    {
        FaultPoint.Check(FaultSite.StateAllocation);
        return device.TryReserveIova(summary.TotalLength) is { } block
            ? LinkedBacking.Map(device, block, ranges, summary.TotalLength, direction, attributes, limits)
            : PerRangeBacking.Map(device, ranges, summary, direction, attributes, limits);
    }
}
