namespace DmaBuf;

/// <summary>
/// What the core's converters do with an admitted <see cref="PhysicalAddressList"/>: serve importers of other mapping types from it, which then never see
/// a physical address. Pure functions; whether a converter may serve an offer is decided elsewhere.
/// </summary>
/// <remarks>The reverse, a physical list from a scatter/gather table, is impossible: DMA addresses do not lead back to physical ones.</remarks>
internal static class PhysicalAddressListConversion
{
    /// <summary>Physical list to scatter/gather: maps the list for a device (<see cref="ScatterGatherTableBuilder"/>).</summary>
    /// <param name="list">Admitted by the core.</param>
    /// <param name="provider">The BAR that an MMIO list lies in; null for RAM. Must agree with the list's kind.</param>
    /// <param name="device">The importing device.</param>
    /// <param name="direction">Which accesses the device may make.</param>
    /// <returns>Owned by the caller.</returns>
    /// <exception cref="DmaBufException">EINVAL: kind and provider disagree; and whatever the builder reports.</exception>
    internal static ScatterGatherBacking ToScatterGather(
        PhysicalAddressList list, PeerToPeerProvider? provider, IDmaDevice device, DmaDirection direction)
    {
        if (list.Kind == PhysicalMemoryKind.Mmio != provider is not null)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"A list of {list.Kind} was offered for conversion {(provider is null ? "without" : "with")} a peer-to-peer provider; MMIO needs one, RAM has none.");
        }

        return ScatterGatherTableBuilder.Build(device, provider, list.Entries, list.TotalLength, direction);
    }

    /// <summary>Physical list to an importer's I/O page table: maps each entry behind the one before, from <paramref name="start"/> on.</summary>
    /// <param name="list">Admitted by the core.</param>
    /// <param name="domain">The importer's domain.</param>
    /// <param name="start">Where byte 0 of the buffer goes; a multiple of the domain's page.</param>
    /// <param name="direction">Which accesses the device may make.</param>
    /// <returns>What was mapped; give it to <see cref="IIommuDomain.Unmap"/> to undo it.</returns>
    /// <exception cref="DmaBufException">
    /// EINVAL: the start or an entry is not a multiple of the domain's page; EOVERFLOW: the addresses wrap, both with nothing mapped; or what the domain's
    /// failing step reported, after exactly the entries before it were unmapped.
    /// </exception>
    internal static DmaRange ToDomain(PhysicalAddressList list, IIommuDomain domain, DmaAddress start, DmaDirection direction)
    {
        DmaDirectionRule.Require(direction);
        RequireFit(list, domain, start);
        DmaAttributes attributes = list.Kind == PhysicalMemoryKind.Mmio ? DmaAttributes.Mmio : DmaAttributes.None;
        ulong mapped = 0;
        try
        {
            foreach (PhysicalRange range in list.Entries)
            {
                domain.Map(new DmaAddress(start.Value + mapped), range, direction, attributes);
                mapped += range.Length;
            }
        }
        catch
        {
            if (mapped != 0)
                domain.Unmap(new DmaRange(start, mapped));
            throw;
        }

        return new DmaRange(start, mapped);
    }

    private static void RequireFit(PhysicalAddressList list, IIommuDomain domain, DmaAddress start)
    {
        ulong mask = domain.PageSize - 1;
        if ((start.Value & mask) != 0)
            throw new DmaBufException(Errno.EINVAL, $"{start} is not a multiple of the page of {domain.Name}, 0x{domain.PageSize:x} bytes.");
        ReadOnlySpan<PhysicalRange> entries = list.Entries;
        for (int index = 0; index < entries.Length; index++)
        {
            if (((entries[index].Start.Value | entries[index].Length) & mask) != 0)
            {
                throw new DmaBufException(
                    Errno.EINVAL, $"Entry {index} of a physical list is not a multiple of the page of {domain.Name}, 0x{domain.PageSize:x} bytes.");
            }
        }

        if (start.Value + list.TotalLength < start.Value)
            throw new DmaBufException(Errno.EOVERFLOW, $"0x{list.TotalLength:x} bytes from {start} of {domain.Name} wrap 64 bits.");
    }
}
