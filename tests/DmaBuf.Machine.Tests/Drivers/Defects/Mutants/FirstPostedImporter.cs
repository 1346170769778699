namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>
/// iommufd's pages object of patch 23 on this core: the list is stored first and the attachment's pointer last, so that a revoke in between finds one without the other (D-4);
/// what map returned is stored even if it is an error, and unmapped on release (D-15).
/// </summary>
internal sealed class FirstPostedImporter(PhysicalAddressAccess access) : DynamicImporter("iommufd of patch 23")
{
    private PhysicalAddressListAttachment? _attachment;
    private object? _list;

    /// <summary>What happens in the gap.</summary>
    internal Action? BeforeThePointerIsPublished { get; set; }

    internal int Unmaps { get; private set; }

    internal Errno Map(DmaBuffer buffer)
    {
        PhysicalAddressListAttachment attachment = buffer.Attach(this, PhysicalAddressListMappingType.Request(access));
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            try
            {
                _list = attachment.MapPhysicalAddressListLocked(in held);
            }
            catch (DmaBufException failed)
            {
                _list = failed.Errno;
            }
        }

        BeforeThePointerIsPublished?.Invoke();
        _attachment = attachment;
        return _list is Errno errno ? errno : Errno.None;
    }

    internal void Release()
    {
        if (_list is not null)
        {
            Unmaps++;
            (_list as PhysicalAddressListMapping)?.Dispose();
        }

        _attachment!.Dispose();
    }

    protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
    {
        if (_list is PhysicalAddressListMapping list)
        {
            _attachment!.UnmapPhysicalAddressListLocked(in held, list);
            _list = null;
        }
    }
}
