namespace DmaBuf.Machine;

/// <summary>
/// The copies of a GPU's buffers that are under way, by the place that each leaves: its memory is free once the copy has ended, so who finds no room waits for them before saying so
/// (TTM's move fences of a memory manager).
/// </summary>
/// <remarks>Safe for all threads; its lock is a leaf.</remarks>
internal sealed class GraphicsDepartures
{
    private readonly Lock _lock = new();
    private readonly List<(GraphicsPlacement From, Fence Gone)> _underWay = [];

    /// <summary>Notes a copy that has begun.</summary>
    /// <param name="from">Where the bytes are taken from.</param>
    /// <param name="gone">Signals once the copy has let go of that place.</param>
    internal void Add(GraphicsPlacement from, Fence gone)
    {
        lock (_lock)
        {
            _underWay.RemoveAll(static copy => copy.Gone.IsSignaled);
            _underWay.Add((from, gone));
        }
    }

    /// <summary>
    /// The copy that leaves a place and began first; null: none is under way. Asked <i>before</i> an attempt to allocate there: a copy that ends between the two cannot be missed.
    /// </summary>
    internal Fence? FirstFrom(GraphicsPlacement place)
    {
        lock (_lock)
        {
            return _underWay.Find(copy => copy.From == place && !copy.Gone.IsSignaled).Gone;
        }
    }
}
