namespace DmaBuf.Tests.Fakes;

/// <summary>An attachment whose maps do what the test programmed.</summary>
internal sealed class FakeAttachment : Attachment
{
    internal FakeAttachment(in FinishContext context)
        : base(in context)
    {
    }

    public override Revocability Revocability => FailRevocability is null ? ProgrammedRevocability : throw FailRevocability;

    internal Revocability ProgrammedRevocability { get; set; } = Revocability.Enforced;

    internal Exception? FailRevocability { get; set; }

    internal LockedCall? Mapping { get; set; }

    internal Func<Exception?>? FailMap { get; set; }

    internal Exception? FailUnmap { get; set; }

    internal Exception? FailDescribe { get; set; }

    internal MappingCost MapCost { get; set; }

    internal bool CanTakeAway { get; set; }

    internal bool ReturnNothing { get; set; }

    internal bool MakeTwo { get; set; }

    internal FakeMapping? ReturnInstead { get; set; }

    internal int Unmaps { get; set; }

    internal int Released { get; set; }

    internal List<string> Trace { get; } = [];

    internal FakeMapping MapFake(CancellationToken cancellationToken = default) => Map(this, MapIt, cancellationToken);

    internal FakeMapping MapFakeLocked(in ReservationLock held) => MapLocked(in held, this, MapIt);

    internal FakeMapping MapNothing() => Map<FakeMapping, int>(0, null!);

    internal void UnmapFake(FakeMapping mapping) => Unmap(mapping);

    internal void UnmapFakeLocked(in ReservationLock held, FakeMapping mapping) => UnmapLocked(in held, mapping);

    protected internal override string Describe() => FailDescribe is null ? "fake words" : throw FailDescribe;

    private static FakeMapping MapIt(in MapTicket ticket, FakeAttachment attachment)
    {
        attachment.Trace.Add("map");
        attachment.Mapping?.Invoke(ticket.Held);
        ticket.Held.Reservation.ThrowIfNotHeldBy(ticket.Held);
        if (attachment.FailMap?.Invoke() is { } failure)
        {
            throw failure;
        }

        if (attachment.MakeTwo)
        {
            _ = new FakeMapping(in ticket, attachment.MapCost);
        }

        return attachment.ReturnInstead ?? (attachment.ReturnNothing ? null! : new FakeMapping(in ticket, attachment.MapCost));
    }
}
