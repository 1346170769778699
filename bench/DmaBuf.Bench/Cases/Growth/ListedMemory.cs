namespace DmaBuf.Bench;

/// <summary>Lists single pages, two pages apart: no two can be joined. Makes a list for each map, as the core demands.</summary>
internal sealed class ListedMemory : DmaBufferExporter, IPhysicalAddressListOperations
{
    private const ulong Page = 4096;

    private readonly PhysicalRange[] _ranges;

    private ListedMemory(int count)
        : base("listed")
    {
        _ranges = [.. Enumerable.Range(0, count).Select(static index => new PhysicalRange(new PhysicalAddress((1UL << 40) + ((ulong)index * 2 * Page)), Page))];
        PhysicalAddressListLimits limits = new() { MaximumEntries = count };
        Offers = OfferSource.Single(PhysicalAddressListMappingType.Offer(this, new PhysicalAddressListOfferOptions { Limits = limits }));
    }

    protected internal override OfferSource Offers { get; }

    /// <summary>Exports so many pages, in a registry of their own.</summary>
    public static DmaBuffer Export(int count) =>
        DmaBuffer.Export(new ListedMemory(count), (ulong)count * Page, new DmaBufferExportOptions { Registry = new DmaBufferRegistry() });

    public PhysicalAddressList? MapPhysicalAddressList(Attachment attachment, in ReservationLock held) => PhysicalAddressList.Create(_ranges);

    public void UnmapPhysicalAddressList(Attachment attachment, PhysicalAddressList list, in ReservationLock held)
    {
        // The pages stay where they are.
    }

    protected internal override void OnRelease(DmaBuffer buffer)
    {
        // The buffer has no memory.
    }
}
