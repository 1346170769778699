using DmaBuf.Testing;

namespace DmaBuf.Tests.Conformance.Faults;

/// <summary>The window type as a stranger would hand it to the kit.</summary>
internal sealed class WindowSubject(Fault fault, Revocability revocability = Revocability.Enforced, bool needsItsMemoryBack = false) : MappingTypeSubject
{
    private readonly WindowExporter _exporter = new(fault, revocability, needsItsMemoryBack);

    public override bool TakesStaticImporters => !needsItsMemoryBack || revocability == Revocability.Enforced;

    public override TimeSpan Patience => fault == Fault.None ? base.Patience : TimeSpan.FromMilliseconds(200);

    public override DmaBuffer Export(DmaBufferExportOptions options) => DmaBuffer.Export(_exporter, 4096, options);

    public override MappingRequest AcceptedRequest() => WindowType.Request(fits: true);

    public override MappingRequest? DeclinedRequest() => WindowType.Request(fits: false);

    public override Mapping Map(Attachment attachment) => ((WindowAttachment)attachment).MapWindow();

    public override Mapping? MapLocked(Attachment attachment, in ReservationLock held) => ((WindowAttachment)attachment).MapWindowLocked(in held);

    public override void Access(Mapping mapping, Action inside) => ((WindowMapping)mapping).Use(inside);

    public override Func<bool>? KeepWayIn(Mapping mapping)
    {
        int window = ((WindowMapping)mapping).Window;
        return () => _exporter.IsOpen(window);
    }

    public override string? FindLeftovers() => _exporter.Balance == 0 ? null : $"{_exporter.Balance} windows are open";
}
