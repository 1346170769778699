namespace DmaBuf.Machine.Tests;

/// <summary>Lists whatever ranges a test names, as MMIO, and counts its lists.</summary>
internal sealed class ListExporter : DmaBufferExporter, IPhysicalAddressListOperations
{
    private readonly PhysicalRange[] _ranges;

    internal ListExporter(params PhysicalRange[] ranges)
        : base("ranges")
    {
        _ranges = ranges;
        Offers = OfferSource.Single(PhysicalAddressListMappingType.Offer(this));
    }

    internal int LiveLists { get; private set; }

    internal int Unmaps { get; private set; }

    internal int Releases { get; private set; }

    internal int Attaches { get; private set; }

    /// <summary>Runs at each attach, before the importer knows.</summary>
    internal Action<Attachment>? Attaching { get; set; }

    /// <summary>Run at each map, unmap and detach.</summary>
    internal Action? Listing { get; set; }

    internal Action? Unlisting { get; set; }

    internal Action? Detaching { get; set; }

    /// <summary>Makes the next maps fail.</summary>
    internal DmaBufException? FailMap { get; set; }

    internal PhysicalRange[]? Listed { get; set; }

    protected override OfferSource Offers { get; }

    protected override bool RequiresRevocation => true;

    /// <summary>Exports single pages, two pages apart, as the kernel's selftest does.</summary>
    internal static (ListExporter Exporter, DmaBuffer Buffer) SinglePages(int count, DmaBufferRegistry registry) => Export(
        registry, [.. Enumerable.Range(0, count).Select(static page => new PhysicalRange(PageAt(page), 4096))]);

    internal static PhysicalAddress PageAt(int page) => new(0x10_0000UL + ((ulong)page * 2 * 4096));

    internal static (ListExporter Exporter, DmaBuffer Buffer) Export(DmaBufferRegistry registry, params PhysicalRange[] ranges)
    {
        ListExporter exporter = new(ranges);
        return (exporter, DmaBuffer.Export(exporter, ranges.Aggregate(0UL, static (sum, range) => sum + range.Length), new DmaBufferExportOptions { Registry = registry }));
    }

    public PhysicalAddressList? MapPhysicalAddressList(Attachment attachment, in ReservationLock held)
    {
        Listing?.Invoke();
        if (FailMap is { } failure)
        {
            throw failure;
        }

        PhysicalAddressList list = PhysicalAddressList.Create(Listed ?? _ranges);
        LiveLists++;
        return list;
    }

    public void UnmapPhysicalAddressList(Attachment attachment, PhysicalAddressList list, in ReservationLock held)
    {
        Assert.NotNull(list);
        Unlisting?.Invoke();
        LiveLists--;
        Unmaps++;
    }

    protected override void OnAttach(Attachment attachment)
    {
        Attaches++;
        Attaching?.Invoke(attachment);
    }

    protected override void OnDetach(Attachment attachment) => Detaching?.Invoke();

    protected override void OnRelease(DmaBuffer buffer) => Releases++;
}
