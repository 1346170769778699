namespace DmaBuf.Machine;

/// <summary>
/// Shows a helper that shares any graphics driver's objects, and lets a driver bring table operations of its own. Mirrors DRM's PRIME helper with patch 06: attach says
/// ENOSYS if the object produces no table <i>and</i> the table operations that are in effect are the helper's, because only these ask the object for one.
/// </summary>
/// <remarks>
/// The point of patch 06: the operations to look at are those of the offer that is really made, not a field that a converted driver leaves empty. Safe for all threads.
/// </remarks>
public sealed class GraphicsObjectExporter : DmaBufferExporter, IScatterGatherOperations
{
    private readonly GraphicsObject _object;
    private readonly IScatterGatherOperations _effective;

    private GraphicsObjectExporter(GraphicsObject shared, IScatterGatherOperations? operations)
        : base("graphics-object")
    {
        _object = shared;
        _effective = operations ?? this;
        Offers = OfferSource.Single(ScatterGatherMappingType.Offer(_effective));
    }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <summary>Shares an object.</summary>
    /// <param name="shared">The object; owned by the buffer once this has returned.</param>
    /// <param name="operations">The driver's own table operations; null: the helper's, which ask the object.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; the last reference to go releases the object.</returns>
    /// <exception cref="DmaBufException">As <see cref="DmaBuffer.Export"/>; the object stays the caller's.</exception>
    public static DmaBuffer Export(GraphicsObject shared, IScatterGatherOperations? operations = null, DmaBufferExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(shared);
        return DmaBuffer.Export(new GraphicsObjectExporter(shared, operations), shared.Size, options);
    }

    /// <inheritdoc/>
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);

        // OnAttach has seen to it that there is a producer.
        return ((ITableProducer)_object).ProduceTable(attachment.Device, direction);
    }

    /// <inheritdoc/>
    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(backing);
        backing.Release();
    }

    /// <inheritdoc/>
    protected override void OnAttach(Attachment attachment)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        if (_object is not ITableProducer && ReferenceEquals(_effective, this))
        {
            throw new DmaBufException(
                Errno.ENOSYS,
                $"Attaching '{attachment.Importer}' was refused: the object {_object.GetType().Name} produces no table. Implement {nameof(ITableProducer)}, or export it with table operations.");
        }
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer) => _object.Release();
}
