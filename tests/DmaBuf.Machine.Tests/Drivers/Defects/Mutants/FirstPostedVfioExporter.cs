namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>
/// VFIO's exporter of patches 12 and 22 on this core. Its offer function asserts the reservation lock (D-2) and reads the VFIO device through the pointer that closing clears
/// (D-3); whether the memory is there is a flag of its own, at which the list's map does not look (D-11).
/// </summary>
internal sealed class FirstPostedVfioExporter : DmaBufferExporter, IPhysicalAddressListOperations
{
    /// <summary>How a failing assertion reaches the importer; nothing else gives this errno.</summary>
    internal const Errno Asserted = Errno.EIO;

    private object? _vfioDevice = new();
    private bool _revoked;

    internal FirstPostedVfioExporter(bool assertsTheLock)
        : base("vfio-pci of patch 22")
    {
        MappingOffer offer = PhysicalAddressListMappingType.Offer(this);
        Offers = OfferSource.Computed(buffer =>
        {
            if (assertsTheLock && !buffer.Reservation.IsLocked)
            {
                return OfferAnswer.Refuse(Asserted, "the reservation lock is not held");
            }

            _ = _vfioDevice!.GetHashCode();
            return MappingOfferList.Create(offer);
        });
    }

    protected override OfferSource Offers { get; }

    internal void Move(DmaBuffer buffer, bool revoked)
    {
        using ReservationLock held = buffer.Reservation.Lock();
        _revoked = revoked;
        buffer.Invalidate(in held);
    }

    internal void Close(DmaBuffer buffer)
    {
        Move(buffer, revoked: true);
        _vfioDevice = null;
    }

    public PhysicalAddressList? MapPhysicalAddressList(Attachment attachment, in ReservationLock held)
        => PhysicalAddressList.Create([new PhysicalRange(new PhysicalAddress(0x10_0000), attachment.Buffer.Size)]);

    public void UnmapPhysicalAddressList(Attachment attachment, PhysicalAddressList list, in ReservationLock held)
    {
    }

    protected override void OnAttach(Attachment attachment)
    {
        if (_revoked)
        {
            throw new DmaBufException(Errno.ENODEV, "The memory is revoked.");
        }
    }

    protected override void OnRelease(DmaBuffer buffer)
    {
    }
}
