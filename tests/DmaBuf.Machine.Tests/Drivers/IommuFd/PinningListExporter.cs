namespace DmaBuf.Machine.Tests;

/// <summary>One page that may move: offers its address, and counts pins and lists.</summary>
internal sealed class PinningListExporter : DmaBufferExporter, IPhysicalAddressListOperations, IPinningExporter
{
    internal PinningListExporter()
        : base("movable") => Offers = OfferSource.Single(PhysicalAddressListMappingType.Offer(this));

    internal int Pins { get; private set; }

    internal int Unpins { get; private set; }

    internal int LiveLists { get; private set; }

    internal bool UnpinnedUnderTheLock { get; private set; } = true;

    internal DmaBufException? FailPin { get; set; }

    internal DmaBufException? FailMap { get; set; }

    protected override OfferSource Offers { get; }

    internal DmaBuffer Export(DmaBufferRegistry registry) => DmaBuffer.Export(this, 4096, new DmaBufferExportOptions { Registry = registry });

    public void Pin(Attachment attachment, in ReservationLock held)
    {
        if (FailPin is { } failure)
        {
            throw failure;
        }

        Pins++;
    }

    public void Unpin(Attachment attachment, in ReservationLock held)
    {
        Pins--;
        Unpins++;
        UnpinnedUnderTheLock &= attachment.Buffer.Reservation.IsHeldBy(in held);
    }

    public PhysicalAddressList? MapPhysicalAddressList(Attachment attachment, in ReservationLock held)
    {
        if (FailMap is { } failure)
        {
            throw failure;
        }

        LiveLists++;
        return PhysicalAddressList.Create([new PhysicalRange(ListExporter.PageAt(0), 4096)]);
    }

    public void UnmapPhysicalAddressList(Attachment attachment, PhysicalAddressList list, in ReservationLock held) => LiveLists--;

    protected override void OnRelease(DmaBuffer buffer)
    {
    }
}
