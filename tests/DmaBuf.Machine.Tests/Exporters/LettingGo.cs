namespace DmaBuf.Machine.Tests;

/// <summary>A dynamic importer that unmaps when it is told to.</summary>
internal sealed class LettingGo() : DynamicImporter("letting go")
{
    internal ScatterGatherMapping? Mapping { get; set; }

    internal InvalidateReason? Told { get; private set; }

    protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
    {
        Told = reason;
        if (Mapping is { } mapping)
        {
            Mapping = null;
            ((ScatterGatherAttachment)attachment).UnmapScatterGatherLocked(in held, mapping);
        }
    }
}
