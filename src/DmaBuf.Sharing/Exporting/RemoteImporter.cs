namespace DmaBuf.Sharing;

/// <summary>Stands for a peer's importer in the exporter's process. What is mapped for it is the carrier's, so it has nothing of its own to let go of.</summary>
internal sealed class RemoteImporter(string name) : DynamicImporter(name)
{
    protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
    {
        // The memory's carrier is told, too, and tells the peer.
    }
}
