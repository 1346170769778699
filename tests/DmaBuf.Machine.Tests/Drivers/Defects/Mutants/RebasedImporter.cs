namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>The import of the rebased tree on this core: its result is the map's variable, which a failed pin never sets, and the unpin comes after the unlock (D-23).</summary>
internal sealed class RebasedImporter(PhysicalAddressAccess access) : DynamicImporter("iommufd, rebased")
{
    /// <summary>Whether the reservation was locked when the memory was unpinned.</summary>
    internal bool UnpinnedUnderTheLock { get; private set; } = true;

    internal Errno Map(DmaBuffer buffer)
    {
        using PhysicalAddressListAttachment attachment = buffer.Attach(this, PhysicalAddressListMappingType.Request(access));
        Errno pinned;
        Errno mapped = Errno.None;
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            pinned = Pin(attachment, in held);
            if (pinned == Errno.None)
            {
                mapped = Map(attachment, in held);
            }
        }

        if (pinned == Errno.None && mapped != Errno.None)
        {
            UnpinnedUnderTheLock = buffer.Reservation.IsLocked;
            using ReservationLock late = buffer.Reservation.Lock();
            attachment.Unpin(in late);
        }

        return mapped;
    }

    protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
    {
    }

    private static Errno Pin(PhysicalAddressListAttachment attachment, in ReservationLock held)
    {
        try
        {
            attachment.Pin(in held);
            return Errno.None;
        }
        catch (DmaBufException failed)
        {
            return failed.Errno;
        }
    }

    private static Errno Map(PhysicalAddressListAttachment attachment, in ReservationLock held)
    {
        try
        {
            attachment.MapPhysicalAddressListLocked(in held).Dispose();
            return Errno.None;
        }
        catch (DmaBufException failed)
        {
            return failed.Errno;
        }
    }
}
