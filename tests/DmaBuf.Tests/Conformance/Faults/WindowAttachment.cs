namespace DmaBuf.Tests.Conformance.Faults;

internal sealed class WindowAttachment : Attachment
{
    private WindowAttachment? _hidden;
    private WindowMapping? _last;

    internal WindowAttachment(in FinishContext context, WindowExporter exporter)
        : base(in context) => Exporter = exporter;

    internal WindowExporter Exporter { get; }

    /// <summary>Windows that the exporter closes when the importer has detached.</summary>
    internal List<int> OwnedUntilDetach { get; } = [];

    public override Revocability Revocability => Exporter.Fault == Fault.RevocabilityWavers && LiveMappings > 0
        ? Revocability.Cooperative
        : Exporter.Revocability;

    internal WindowMapping MapWindow()
    {
        if (Exporter.Fault == Fault.StaleMapRefused && _last is { IsInvalidated: true } && LiveMappings > 0)
        {
            throw new DmaBufException(Errno.EBUSY, "Unmap the stale window first.");
        }

        if (Exporter.Fault == Fault.MapsOnHiddenAttachment)
        {
            _hidden ??= Buffer.Attach(Importer, WindowType.Request(fits: true));
            return _hidden.MapDirectly();
        }

        return _last = Exporter.Fault == Fault.MapAcquiresEarly
            ? Map((this, Exporter.Open()), static (in MapTicket ticket, (WindowAttachment Self, int Window) opened) => new WindowMapping(in ticket, opened.Window))
            : MapDirectly();
    }

    internal WindowMapping MapWindowLocked(in ReservationLock held)
        => Exporter.Fault == Fault.LockedMapLocks ? MapWindow() : MapLocked(in held, this, MapHeld);

    internal void Detached()
    {
        OwnedUntilDetach.ForEach(Exporter.Close);
        _hidden?.Dispose();
    }

    protected internal override string Describe() => Exporter.Fault switch
    {
        Fault.DumpInTwoLines => "one\ntwo",
        Fault.DumpThrows => throw new InvalidOperationException("no words"),
        _ => "window",
    };

    protected override void Dispose(bool disposing)
    {
        if (Exporter.Fault != Fault.DisposeForgetsBase)
        {
            base.Dispose(disposing);
        }
    }

    private WindowMapping MapDirectly() => Map(this, MapHeld);

    private static WindowMapping MapHeld(in MapTicket ticket, WindowAttachment attachment)
        => attachment is { Exporter.Fault: Fault.MappingIsKept, _last: { } kept } ? kept : new WindowMapping(in ticket, attachment.Exporter.Open());
}
