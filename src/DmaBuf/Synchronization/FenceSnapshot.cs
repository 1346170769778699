using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace DmaBuf;

/// <summary>Some fences of a reservation at one moment. Immutable, safe for all threads; fences that come later are not in it.</summary>
[SuppressMessage("Naming", "CA1710", Justification = "A snapshot of fences is what it is; that it can be enumerated is secondary.")]
public sealed class FenceSnapshot : IEnumerable<Fence>
{
    private readonly (Fence Fence, FenceUsage Usage)[] _fences;

    private FenceSnapshot((Fence Fence, FenceUsage Usage)[] fences) => _fences = fences;

    /// <summary>No fence at all; every wait for it is over.</summary>
    public static FenceSnapshot Empty { get; } = new([]);

    /// <summary>The number of fences, signalled ones included.</summary>
    public int Count => _fences.Length;

    /// <summary>True if all of them have signalled.</summary>
    public bool IsSignaled => !HasPending(FenceUsage.Bookkeep);

    /// <summary>One fence that signals when all have; see <see cref="Fence.Merge"/>.</summary>
    public Fence Merge() => Fence.Merge(_fences.Select(static entry => entry.Fence).ToArray());

    /// <summary>Waits for all of them, whether they succeed or fail, without blocking a thread.</summary>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    public ValueTask WaitAsync(CancellationToken cancellationToken = default)
        => IsSignaled ? ValueTask.CompletedTask : new ValueTask(WaitPendingAsync(cancellationToken));

    /// <summary>Blocks this thread until all have signalled.</summary>
    /// <param name="timeout">How long, all together; <see cref="Timeout.InfiniteTimeSpan"/> has no limit.</param>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    /// <returns>True if all have signalled, false if the time was over first.</returns>
    /// <exception cref="OperationCanceledException">The token came first.</exception>
    public bool Wait(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        WaitDeadline deadline = new(timeout);
        foreach ((Fence fence, _) in _fences)
        {
            if (!fence.Wait(deadline.Remaining, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public IEnumerator<Fence> GetEnumerator()
    {
        foreach ((Fence fence, _) in _fences)
        {
            yield return fence;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal bool HasPending(FenceUsage usage)
    {
        foreach ((Fence fence, FenceUsage used) in _fences)
        {
            if (used <= usage && !fence.IsSignaled)
            {
                return true;
            }
        }

        return false;
    }

    internal FenceSnapshot Pending(FenceUsage usage) => HasPending(usage)
        ? new FenceSnapshot([.. _fences.Where(entry => entry.Usage <= usage && !entry.Fence.IsSignaled)])
        : Empty;

    /// <summary>The same with one more; without those that have signalled, and without an older one of the same context and usage.</summary>
    internal FenceSnapshot With(Fence fence, FenceUsage usage)
    {
        bool superseded = _fences.Any(entry => IsSame(entry) && entry.Fence.SequenceNumber >= fence.SequenceNumber);
        IEnumerable<(Fence, FenceUsage)> kept = _fences.Where(entry => !entry.Fence.IsSignaled && (superseded || !IsSame(entry)));
        return new FenceSnapshot(superseded || fence.IsSignaled ? [.. kept] : [.. kept, (fence, usage)]);

        bool IsSame((Fence Fence, FenceUsage Usage) entry)
            => entry.Usage == usage && ReferenceEquals(entry.Fence.Context, fence.Context);
    }

    private async Task WaitPendingAsync(CancellationToken cancellationToken)
    {
        foreach ((Fence fence, _) in _fences)
        {
            await fence.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
