namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>Takes a power reference in attach and leaves it to detach, which a failing attach never reaches (D-30).</summary>
internal sealed class PowerKeepingExporter : SimpleScatterGatherExporter
{
    internal PowerKeepingExporter()
        : base("power")
    {
    }

    internal int Power { get; private set; }

    public override ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held) => null;

    public override void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
        => backing.Release();

    protected override void OnAttach(Attachment attachment)
    {
        Power++;
        throw new DmaBufException(Errno.ENODEV, "The GPU could not be woken up.");
    }

    protected override void OnDetach(Attachment attachment) => Power--;

    protected override void OnRelease(DmaBuffer buffer)
    {
    }
}
