using System.Diagnostics;

namespace DmaBuf.Machine;

// Theory
//
// A graphics buffer lies in device memory, where the GPU is fast and peers reach it, or in RAM, where everybody does. Offers, in this order: the GPU's link, a table that
// requires a peer-to-peer path, a plain table if the buffer may be in RAM. So negotiation decides whom the buffer has to move for; mapping moves it.
//
//   who maps                       where it has to be                what it costs
//   over the link                  device memory                     Migrate, if it was in RAM
//   a table, peers allowed         where it is                       nothing
//   a table, peers not allowed     RAM                               Migrate, if it was in device memory
//
// A move allocates the new place, notes which work is under way (all fences, up to BOOKKEEP), announces itself by a KERNEL fence, makes the new place the present one, and
// tells the importers. Then the lock is left, and the GPU's engine waits for that work, copies the bytes and signals (GraphicsMove). Whoever maps meanwhile gets the new place and waits for the
// KERNEL fence. The old place stays until nothing maps it any more (GraphicsMemory).
//
// Vocabulary: a pin forbids moves; a buffer is pinned in device memory only if no attachment needs it in RAM.
//
// Lock order: the reservation guards place and pins; the GPU's area and the machine's allocator are leaves under it. The count of attachments without peers is atomic,
// because attach and detach run without the lock.

/// <summary>
/// Shows a driver whose memory moves: offers by placement, migration on map, pinning, moves behind a fence, and power while attached. Mirrors xe (patch 10) and amdgpu
/// (patch 11), the latter's private link as a mapping type of its own instead of a peer-to-peer table that is overwritten after the match (D-1, D-1b).
/// </summary>
/// <remarks>Safe for all threads.</remarks>
public sealed partial class GraphicsBufferExporter : DmaBufferExporter, IScatterGatherOperations, IPinningExporter
{
    private readonly GraphicsProcessor _processor;
    private readonly GraphicsBufferOptions _options;
    private readonly ulong _size;
    private DmaBuffer? _buffer;
    private GraphicsMemory _memory;
    private int _pins;
    private bool _movedByPin;
    private int _attachedWithoutPeers;

    private GraphicsBufferExporter(GraphicsProcessor processor, ulong size, GraphicsBufferOptions options)
        : base($"gpu {processor.Name}")
    {
        _processor = processor;
        _options = options;
        _size = size;

        // Nothing that decides changes later, so the list is made once; what the V1 drivers computed at each attach belongs to the match.
        MappingOfferList offers = [.. OffersOf()];
        Offers = OfferSource.Computed(_ => offers);
        _memory = processor.Allocate(options.Placement, size);
    }

    /// <summary>Where the buffer lies now: a moment's answer.</summary>
    public GraphicsPlacement Placement => Volatile.Read(ref _memory).Placement;

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    private DmaBuffer Buffer => _buffer!;

    internal static DmaBuffer Export(GraphicsProcessor processor, ulong size, GraphicsBufferOptions buffer, DmaBufferExportOptions? options)
    {
        if (buffer is { MayMigrate: false, Placement: GraphicsPlacement.SystemMemory })
        {
            throw new DmaBufException(Errno.EINVAL, $"A buffer of {processor.Name} cannot begin in system memory if it may not be there. Begin in device memory, or permit it.");
        }

        GraphicsBufferExporter exporter = new(processor, size, buffer);
        bool exported = false;
        try
        {
            exporter._buffer = DmaBuffer.Export(exporter, size, options);
            exported = true;
            return exporter._buffer;
        }
        finally
        {
            if (!exported)
            {
                exporter._memory.Drop();
            }
        }
    }

    /// <inheritdoc/>
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        Debug.Assert(attachment.PeerToPeerAllowed || _options.MayMigrate, "A plain table is offered only of a buffer that may be in RAM.");
        MappingCost cost = _movedByPin ? MappingCost.Migrate : MappingCost.None;
        if (!attachment.PeerToPeerAllowed && MoveLocked(GraphicsPlacement.SystemMemory, in held) is not null)
        {
            cost = MappingCost.Migrate;
        }

        GraphicsMemory memory = PresentLocked(in held);
        PeerToPeerProvider? provider = memory.Placement == GraphicsPlacement.DeviceMemory ? _processor.Provider : null;
        ScatterGatherBacking mapped = ScatterGatherTableBuilder.Build(attachment.Device, provider, memory.Ranges, _size, direction);
        return GraphicsMemoryBacking.Create(mapped, memory, cost);
    }

    /// <inheritdoc/>
    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(backing);
        backing.Release();
    }

    /// <summary>Keeps the buffer in place: in device memory if every attachment reaches it there, else in RAM.</summary>
    /// <param name="attachment">Who asks.</param>
    /// <param name="held">The proof that the lock is held.</param>
    /// <exception cref="DmaBufException">
    /// EBUSY: pinned where this attachment does not reach it; EINVAL: it would have to be in RAM and may not; ENOMEM: there is no room.
    /// </exception>
    public void Pin(Attachment attachment, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        GraphicsPlacement wanted = attachment is GpuLinkAttachment ? GraphicsPlacement.DeviceMemory
            : Volatile.Read(ref _attachedWithoutPeers) > 0 ? GraphicsPlacement.SystemMemory
            : _memory.Placement;
        if (wanted == GraphicsPlacement.DeviceMemory && attachment is GpuLinkAttachment && Volatile.Read(ref _attachedWithoutPeers) > 0)
        {
            throw new DmaBufException(
                Errno.EBUSY, $"Pinning '{Buffer}' in device memory was refused: an importer is attached that reaches it in RAM alone. Map without pinning, as a DynamicImporter.");
        }

        bool moved = false;
        if (_pins == 0 || NeedsOtherPlace(attachment))
        {
            moved = MoveLocked(wanted, in held) is not null;
        }

        _movedByPin = moved;
        _pins++;
    }

    /// <inheritdoc/>
    public void Unpin(Attachment attachment, in ReservationLock held)
    {
        _movedByPin = false;
        _pins--;
    }

    /// <inheritdoc/>
    protected override void OnAttach(Attachment attachment)
    {
        // The core does not call OnDetach if this throws, so what was taken is given back here (D-30).
        _processor.TakePower();
        if (IsWithoutPeers(attachment))
        {
            Interlocked.Increment(ref _attachedWithoutPeers);
        }
    }

    /// <inheritdoc/>
    protected override void OnDetach(Attachment attachment)
    {
        if (IsWithoutPeers(attachment))
        {
            Interlocked.Decrement(ref _attachedWithoutPeers);
        }

        _processor.DropPower();
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer) => _memory.Drop();

    private static bool IsWithoutPeers(Attachment attachment) => attachment is ScatterGatherAttachment { PeerToPeerAllowed: false };

    private IEnumerable<MappingOffer> OffersOf()
    {
        if (_processor.Port is { } port)
        {
            yield return GpuLinkMappingType.Offer(port, this, _options.MayMigrate ? MappingCost.Migrate : MappingCost.None);
        }

        if (!_options.IsCompressed || _processor.Generation < GraphicsProcessor.CompressionForbidsPeers)
        {
            yield return ScatterGatherMappingType.OfferPeerToPeer(
                this, PeerToPeerRequirement.RequiresDistance, _processor.Provider.Device, _options.MayMigrate ? MappingCost.Migrate : MappingCost.None);
        }

        if (_options.MayMigrate)
        {
            yield return ScatterGatherMappingType.Offer(this, MappingCost.Migrate);
        }
    }

    private bool NeedsOtherPlace(Attachment attachment) => _memory.Placement == GraphicsPlacement.DeviceMemory
        ? IsWithoutPeers(attachment)
        : attachment is GpuLinkAttachment;
}
