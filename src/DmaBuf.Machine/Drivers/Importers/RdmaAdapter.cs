using System.Collections.Concurrent;

namespace DmaBuf.Machine;

/// <summary>
/// Shows an importer whose work is posted by others at any time: a network adapter that keeps memory regions, is told to let go, unmaps after its fences, and maps again
/// for the next work after a move. Mirrors RDMA's dynamic memory regions (<c>ib_umem_dmabuf_get</c>, mlx5), the importer that GPU exporters were made dynamic for.
/// </summary>
/// <remarks>Safe for all threads.</remarks>
/// <param name="engine">The adapter's DMA engine.</param>
public sealed class RdmaAdapter(DmaEngineDevice engine) : DynamicImporter($"rdma {engine?.Name ?? throw new ArgumentNullException(nameof(engine))}")
{
    private readonly ConcurrentDictionary<Attachment, RdmaMemoryRegion> _regions = [];
    private int _lastKey;

    /// <summary>Memory regions that are registered now.</summary>
    public int RegionCount => _regions.Count;

    internal DmaEngineDevice Engine => engine;

    /// <summary>Attaches to a buffer, maps it, and keeps it as a region until that is disposed.</summary>
    /// <param name="buffer">The buffer; the region owns a reference to it.</param>
    /// <param name="acceptance">Whether the adapter takes addresses of a peer's memory.</param>
    /// <exception cref="DmaBufException">As attaching and mapping; nothing is left.</exception>
    public RdmaMemoryRegion Register(DmaBuffer buffer, PeerToPeerAcceptance acceptance = PeerToPeerAcceptance.Accepted)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        RdmaMemoryRegion region = new(this, buffer.Attach(this, ScatterGatherMappingType.Request(engine, acceptance)), Interlocked.Increment(ref _lastKey));

        // From here on a move finds the region; one that came before has found nothing mapped.
        _regions[region.Attachment] = region;
        try
        {
            region.MapNow();
            return region;
        }
        catch
        {
            region.Dispose();
            throw;
        }
    }

    internal void Forget(RdmaMemoryRegion region) => _regions.TryRemove(region.Attachment, out _);

    /// <inheritdoc/>
    protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
    {
        if (reason != InvalidateReason.Unrevoke && _regions.TryGetValue(attachment, out RdmaMemoryRegion? region))
        {
            region.LetGo(in held);
        }
    }
}
