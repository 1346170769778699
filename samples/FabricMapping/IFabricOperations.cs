using DmaBuf;

namespace FabricMapping;

/// <summary>What an exporter on the link has to do.</summary>
public interface IFabricOperations
{
    /// <summary>Opens the node's window for the importer. The reservation lock is held.</summary>
    FabricRange OpenWindow(FabricAttachment attachment, in ReservationLock held);

    /// <summary>Closes the window. The reservation lock is held. Must not throw.</summary>
    void CloseWindow(FabricAttachment attachment, FabricRange range, in ReservationLock held);
}
