namespace DmaBuf.Tests.Fakes;

/// <summary>A mapping that counts how it ends.</summary>
internal sealed class FakeMapping(in MapTicket ticket, MappingCost cost) : Mapping(in ticket, cost)
{
    internal AccessScope Enter() => EnterAccess();

    protected internal override void Unmap(in ReservationLock held)
    {
        held.Reservation.ThrowIfNotHeldBy(in held);
        FakeAttachment attachment = (FakeAttachment)Attachment;
        attachment.Unmaps++;
        attachment.Trace.Add("unmap");
        if (attachment.FailUnmap is { } failure)
        {
            throw failure;
        }
    }

    protected internal override bool TryTakeAway(in ReservationLock held) => ((FakeAttachment)Attachment).CanTakeAway;

    protected internal override void ReleaseTaken(in ReservationLock held) => ((FakeAttachment)Attachment).Released++;
}
