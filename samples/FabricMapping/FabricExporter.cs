using DmaBuf;

namespace FabricMapping;

/// <summary>A device on the link that exports its memory. Counts its open windows.</summary>
public sealed class FabricExporter : DmaBufferExporter, IFabricOperations
{
    private readonly FabricNode _node;

    /// <summary>Makes the exporter.</summary>
    public FabricExporter(FabricNode node)
        : base($"fabric {node}")
    {
        _node = node;
        Offers = OfferSource.Single(FabricMappingType.Offer(node, this));
    }

    /// <summary>The windows that are open now.</summary>
    public int OpenWindows { get; private set; }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <inheritdoc/>
    public FabricRange OpenWindow(FabricAttachment attachment, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        OpenWindows++;
        return new FabricRange(_node, 0, attachment.Buffer.Size);
    }

    /// <inheritdoc/>
    public void CloseWindow(FabricAttachment attachment, FabricRange range, in ReservationLock held) => OpenWindows--;

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer)
    {
    }
}
