namespace DmaBuf;

/// <summary>
/// The relation between one importer and one buffer (<c>struct dma_buf_attachment</c>): carries the negotiated type, and its typed subclass carries the map
/// and unmap calls of that type.
/// </summary>
/// <remarks>
/// <para>
/// Made by the core through <c>FinishMatch</c> only, never pooled. It owns a reference to the buffer until it is detached. Every member is safe for all
/// threads; state is guarded by the buffer's reservation lock.
/// </para>
/// <para>
/// <b>Calls with the lock held:</b> members that take a <see cref="ReservationLock"/>. <b>Without it:</b> all others, which take it themselves.
/// Life: matched, listed, detached; see <see cref="AttachmentPhase"/>.
/// </para>
/// </remarks>
public abstract partial class Attachment : IDisposable
{
    private readonly MappingOffer _offer;
    private readonly short _offerIndex;
    private readonly short _requestIndex;
    private readonly short _costBound;
    private AttachmentFlags _flags;
    private AttachmentStatus _status;
    private Mapping? _mappings;

    /// <summary>Makes the attachment; only possible inside FinishMatch.</summary>
    /// <param name="context">What the core handed to FinishMatch.</param>
    protected Attachment(in FinishContext context)
    {
        context.CountMade();
        Buffer = context.Buffer;
        Importer = context.Importer;
        _offer = context.Offer;
        _offerIndex = context.Outcome.Offer;
        _requestIndex = context.Outcome.Request;
        _costBound = (short)context.Outcome.Cost;
    }

    /// <summary>The buffer.</summary>
    public DmaBuffer Buffer { get; }

    /// <summary>The importer.</summary>
    public DmaBufferImporter Importer { get; }

    /// <summary>The mapping type that was agreed on.</summary>
    public MappingType Type => _offer.Type;

    /// <summary>The upper bound of what mappings cost; a map that would cost more fails.</summary>
    public MappingCost CostBound => (MappingCost)_costBound;

    /// <summary>The index of the offer that matched, in the exporter's order.</summary>
    public int OfferIndex => _offerIndex;

    /// <summary>The index of the request that matched, in the importer's order.</summary>
    public int RequestIndex => _requestIndex;

    /// <summary>Where the attachment stands; another thread may change it at any time.</summary>
    public AttachmentPhase Phase => _status.Phase;

    /// <summary>Live mappings, stale ones included; another thread may change it at any time.</summary>
    public int LiveMappings => _status.LiveMappings;

    /// <summary>True if the importer can be told to let go.</summary>
    public bool IsDynamic => Importer is DynamicImporter;

    /// <summary>Whether what this type maps can be taken away again.</summary>
    public abstract Revocability Revocability { get; }

    /// <summary>True if the memory can be had back: by force, or because the importer can be told (<c>dma_buf_attach_revocable</c>).</summary>
    public bool IsRevocable => Revocability == Revocability.Enforced || (Revocability == Revocability.Cooperative && IsDynamic);

    internal Attachment? Next { get; set; }

    internal Attachment? Previous { get; set; }

    internal AttachmentStatus Status => _status;

    internal Mapping? FirstMapping => _mappings;

    /// <summary>What the type adds to the attachment's line in a dump (<c>debugfs_dump</c>), without newline. The reservation lock is held.</summary>
    protected internal virtual string Describe() => string.Empty;

    /// <summary>
    /// Keeps the memory in place for a dynamic importer that cannot tolerate moves (<c>dma_buf_pin</c>). An exporter that never moves needs no work. A
    /// pinned buffer can still be revoked.
    /// </summary>
    /// <exception cref="DmaBufException">EINVAL: a static importer (pinned around map anyway), or the lock is not held; ENODEV: revoked; else the exporter's errno.</exception>
    /// <exception cref="ObjectDisposedException">It was detached or disposed.</exception>
    public void Pin(in ReservationLock held)
    {
        Buffer.Reservation.ThrowIfNotHeldBy(in held);
        ThrowIfGone();
        ThrowIfStatic(nameof(Pin));
        Buffer.ThrowIfNotLive("Pinning", Importer);
        _ = Transition(AttachmentEvent.Pin, nameof(Pin));
        ReservationLock lent = held.Lend();
        Buffer.Pinning?.Pin(this, in lent);

        // Pinning may have moved the memory and so changed this very attachment; the event happens to what it is now.
        if (_status.Phase != AttachmentPhase.Listed || IsDisposed)
        {
            UnpinByExporter(in lent);
            ThrowIfGone();
        }

        _status = Transition(AttachmentEvent.Pin, nameof(Pin));
    }

    /// <summary>Undoes one <see cref="Pin"/> (<c>dma_buf_unpin</c>).</summary>
    /// <exception cref="DmaBufException">EINVAL: not pinned, or a static importer.</exception>
    public void Unpin(in ReservationLock held)
    {
        Buffer.Reservation.ThrowIfNotHeldBy(in held);
        ThrowIfStatic(nameof(Unpin));
        _status = Transition(AttachmentEvent.Unpin, nameof(Unpin));
        UnpinByExporter(in held);
    }

    /// <summary>Adds a fence of this importer's work to the buffer's reservation (<c>dma_resv_add_fence</c>).</summary>
    /// <exception cref="DmaBufException">
    /// ENODEV: the buffer is being or was revoked, no new work may begin. EINVAL: no such usage, or the lock is not held.
    /// </exception>
    /// <exception cref="ObjectDisposedException">It was detached or disposed.</exception>
    public void AddFence(in ReservationLock held, Fence fence, FenceUsage usage)
    {
        Buffer.Reservation.ThrowIfNotHeldBy(in held);
        ThrowIfGone();
        Buffer.ThrowIfNotLive("Adding a fence", Importer);
        Buffer.Reservation.AddFenceOf(in held, fence, usage, isCutOff: Revocability == Revocability.Enforced);
    }

    /// <summary>True for the attachment that was just made for this pair: not one that a type kept from an earlier attach.</summary>
    internal bool IsFreshFor(DmaBuffer buffer, DmaBufferImporter importer, MappingOffer offer)
        => _status.Phase == AttachmentPhase.Matched
            && ReferenceEquals(Buffer, buffer)
            && ReferenceEquals(Importer, importer)
            && ReferenceEquals(_offer, offer);

    internal void MarkListed()
    {
        (AttachmentStatus next, Errno refused) = AttachmentStatus.List(in _status);
        if (refused != Errno.None)
        {
            ThrowRefused(refused, "Listing");
        }

        _status = next;
    }

    internal void MarkFailed() => _status = Transition(AttachmentEvent.Refuse, "Refusing");

    private void UnpinByExporter(in ReservationLock held)
    {
        try
        {
            Buffer.Pinning?.Unpin(this, in held);
        }
        catch (Exception exception)
        {
            Buffer.ReportBrokenPromise($"unpinning for '{Importer}'", exception);
        }
    }

    private AttachmentStatus Transition(AttachmentEvent happened, string tried)
    {
        (AttachmentStatus next, Errno refused) = AttachmentStatus.Apply(in _status, happened);
        if (refused != Errno.None)
        {
            ThrowRefused(refused, tried);
        }

        return next;
    }

    private void ThrowRefused(Errno refused, string tried) => throw new DmaBufException(
        refused,
        $"{tried} for '{Importer}' on '{Buffer.DisplayName}' was refused in phase {_status.Phase} with {_status.LiveMappings} mappings and {_status.Pins} pins.");

    /// <summary>Disposed counts as gone even while somebody inside a mapping keeps it listed; else a new mapping would keep it for ever.</summary>
    private void ThrowIfGone()
        => ObjectDisposedException.ThrowIf(_status.Phase == AttachmentPhase.Detached || IsDisposed, this);

    private void ThrowIfStatic(string tried)
    {
        if (!IsDynamic)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{tried} was asked by the static importer '{Importer}' of '{Buffer.DisplayName}': static importers are pinned around map; derive from DynamicImporter to pin.");
        }
    }
}
