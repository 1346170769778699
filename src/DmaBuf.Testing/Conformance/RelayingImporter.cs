namespace DmaBuf.Testing;

/// <summary>A dynamic importer that brings nothing and lets the kit answer.</summary>
internal sealed class RelayingImporter(string name, InvalidateAction told) : DynamicImporter(name)
{
    protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held) => told(attachment, reason, in held);
}
