namespace DmaBuf;

/// <summary>
/// A timeline of fences (<c>dma_fence_context_alloc</c>): one queue of one device, one thread of work. Its fences are numbered in the
/// order of their creation.
/// </summary>
/// <remarks>
/// The owner of a context promises that its fences signal in the order of their numbers. Everything that keeps only the latest fence of a
/// context (<see cref="Fence.Merge"/>, <see cref="Reservation.AddFence"/>) rests on this promise; work that may overtake other work
/// belongs on a context of its own. All members may be called from any thread.
/// </remarks>
public sealed class FenceContext
{
    private static ulong s_lastId;

    private ulong _lastSequenceNumber;

    /// <summary>Makes a new timeline with an id that no other context of this process has had.</summary>
    /// <param name="name">What a person reads in a dump: driver and queue, for instance.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
    public FenceContext(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Name = name;
        Id = Interlocked.Increment(ref s_lastId);
    }

    /// <summary>The name given by the owner.</summary>
    public string Name { get; }

    /// <summary>Unique within the process, never reused, never 0.</summary>
    public ulong Id { get; }

    /// <summary>Makes the next pending fence of this timeline (<c>dma_fence_init</c>) and hands its only signalling right to the caller.</summary>
    /// <returns>The right to signal; give away <see cref="FenceSource.Fence"/>, which can only be waited for.</returns>
    public FenceSource CreateFence() => new(new Fence(this, Interlocked.Increment(ref _lastSequenceNumber)));

    /// <summary>The name and the id.</summary>
    /// <returns>Text for a person, for instance <c>copy engine 0#7</c>.</returns>
    public override string ToString() => $"{Name}#{Id}";
}
