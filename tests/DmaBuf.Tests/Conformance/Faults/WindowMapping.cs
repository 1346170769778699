namespace DmaBuf.Tests.Conformance.Faults;

internal sealed class WindowMapping : Mapping
{
    internal WindowMapping(in MapTicket ticket, int window)
        : base(in ticket, CostOf(in ticket)) => Window = window;

    /// <summary>What a user can copy out and keep.</summary>
    internal int Window { get; }

    private WindowExporter Exporter => ((WindowAttachment)Attachment).Exporter;

    private Fault Fault => Exporter.Fault;

    internal void Use(Action inside)
    {
        switch (Fault)
        {
            case Fault.AccessWithoutGate:
                inside();
                return;
            case Fault.AccessLeavesEarly:
                EnterAccess().Dispose();
                inside();
                return;
            case Fault.AccessNeverEnds:
                _ = EnterAccess();
                inside();
                return;
            case Fault.AccessIsExclusive:
                Exporter.UseAlone(inside);
                return;
            case Fault.StaleAccessRefused when IsInvalidated:
                throw new DmaBufException(Errno.EBUSY, "The window is stale.");
            default:
                using (EnterAccess())
                {
                    inside();
                }

                return;
        }
    }

    protected internal override void Unmap(in ReservationLock held)
    {
        switch (Fault)
        {
            case Fault.UnmapForgets:
                return;
            case Fault.UnmapIsLate:
                ((WindowAttachment)Attachment).OwnedUntilDetach.Add(Window);
                return;
            case Fault.UnmapThrows:
                Exporter.Close(Window);
                throw new InvalidOperationException("the window jams");
            default:
                Exporter.Close(Window);
                return;
        }
    }

    protected internal override bool TryTakeAway(in ReservationLock held)
    {
        if (Fault == Fault.TakeAwayRefused)
        {
            return false;
        }

        Exporter.IsGone = Fault == Fault.TakenForGood;
        if (Fault != Fault.TakeAwayDoesNothing)
        {
            Exporter.Close(Window);
        }

        return true;
    }

    protected internal override void ReleaseTaken(in ReservationLock held)
    {
        if (Fault is Fault.TakeAwayDoesNothing or Fault.TakenIsClosedTwice)
        {
            Exporter.Close(Window);
        }
    }

    private static MappingCost CostOf(in MapTicket ticket)
        => ((WindowAttachment)ticket.Attachment).Exporter.Fault == Fault.CostExceedsBound ? MappingCost.Copy : MappingCost.None;
}
