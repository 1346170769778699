using System.Collections;

namespace DmaBuf;

/// <summary>
/// The fences that were pending on a reservation at one moment, up to one usage class (<c>dma_resv_get_fences</c>). It never changes: fences added
/// later are not in it, and those in it signal while one waits.
/// </summary>
/// <remarks>
/// Immutable; all members may be called from any thread and need no lock. This is how to wait for a buffer without its lock: take the snapshot
/// under the lock, leave the lock, wait for the snapshot. A fence that never signals then holds up only those who wait for it.
/// </remarks>
public sealed class FenceSnapshot : IReadOnlyList<Fence>
{
    private readonly FenceEntry[] _entries;

    internal FenceSnapshot(FenceEntry[] entries) => _entries = entries;

    /// <summary>The one snapshot of nothing pending.</summary>
    public static FenceSnapshot Empty { get; } = new([]);

    /// <summary>How many fences were pending.</summary>
    public int Count => _entries.Length;

    /// <summary>True once all of them have signaled; at once for an empty one.</summary>
    public bool IsSignaled
    {
        get
        {
            foreach (FenceEntry entry in _entries)
            {
                if (!entry.Fence.IsSignaled)
                    return false;
            }

            return true;
        }
    }

    /// <summary>The error of the first fence in the list that has failed so far, or <see cref="Errno.None"/>.</summary>
    public Errno Error
    {
        get
        {
            foreach (FenceEntry entry in _entries)
            {
                if (entry.Fence.Error != Errno.None)
                    return entry.Fence.Error;
            }

            return Errno.None;
        }
    }

    /// <summary>One of the fences, in the order in which they were added.</summary>
    /// <param name="index">From 0, less than <see cref="Count"/>.</param>
    /// <exception cref="IndexOutOfRangeException">The index is outside the list.</exception>
    public Fence this[int index] => _entries[index].Fence;

    /// <summary>The usage class with which a fence was added.</summary>
    /// <param name="index">From 0, less than <see cref="Count"/>.</param>
    /// <returns>Its class, for a dump.</returns>
    /// <exception cref="IndexOutOfRangeException">The index is outside the list.</exception>
    public FenceUsage UsageOf(int index) => _entries[index].Usage;

    /// <summary>Those that are still pending and whose work a revoke does not stop.</summary>
    internal FenceSnapshot WhatLingers()
    {
        FenceEntry[] lingering = [.. _entries.Where(static entry => !entry.IsCutOff && !entry.Fence.IsSignaled)];
        return lingering.Length == 0 ? Empty : new FenceSnapshot(lingering);
    }

    /// <summary>One fence that stands for all (<c>dma_resv_get_singleton</c>); see <see cref="Fence.Merge"/>.</summary>
    /// <returns>Signaled already if none is pending.</returns>
    public Fence Merge()
    {
        var fences = new Fence[_entries.Length];
        for (int i = 0; i < fences.Length; i++)
            fences[i] = _entries[i].Fence;
        return Fence.Merge(fences);
    }

    /// <summary>Waits for all without blocking a thread.</summary>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    /// <returns>Completed when all have signaled, whatever their outcome; canceled if the token came first. Allocates nothing if nothing is pending.</returns>
    public ValueTask WaitAsync(CancellationToken cancellationToken = default)
    {
        if (IsSignaled)
            return ValueTask.CompletedTask;
        return new ValueTask(WaitPendingAsync(new WaitDeadline(Timeout.InfiniteTimeSpan), cancellationToken));
    }

    /// <summary>Waits for all, for a limited time, without blocking a thread.</summary>
    /// <param name="timeout">For all together; zero only looks, <see cref="Timeout.InfiniteTimeSpan"/> has no limit.</param>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    /// <returns>True if all have signaled, false if the time was over first; canceled if the token came first. No callback is left behind.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative or longer than 2^31-1 ms.</exception>
    public ValueTask<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var deadline = new WaitDeadline(timeout);
        return IsSignaled ? ValueTask.FromResult(true) : new ValueTask<bool>(WaitPendingAsync(deadline, cancellationToken));
    }

    /// <summary>
    /// Blocks this thread until all have signaled (<c>dma_resv_wait_timeout</c>). It may be called with the reservation lock held; then all who want
    /// that lock wait as long, so prefer to leave the lock first.
    /// </summary>
    /// <param name="timeout">For all together; zero only looks, <see cref="Timeout.InfiniteTimeSpan"/> has no limit.</param>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    /// <returns>True if all have signaled, false if the time was over first.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative or longer than 2^31-1 ms.</exception>
    /// <exception cref="OperationCanceledException">The token came first.</exception>
    public bool Wait(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var deadline = new WaitDeadline(timeout);
        foreach (FenceEntry entry in _entries)
        {
            if (!entry.Fence.Wait(deadline.Remaining, cancellationToken))
                return false;
        }

        return true;
    }

    /// <summary>Enumerates the fences in the order in which they were added.</summary>
    /// <returns>An enumerator over a list that never changes.</returns>
    public IEnumerator<Fence> GetEnumerator()
    {
        foreach (FenceEntry entry in _entries)
            yield return entry.Fence;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // One after the other, not through a merged fence: a merged one would stay registered with a fence that never signals, once a wait.
    private async Task<bool> WaitPendingAsync(WaitDeadline deadline, CancellationToken cancellationToken)
    {
        foreach (FenceEntry entry in _entries)
        {
            if (!await entry.Fence.WaitAsync(deadline.Remaining, cancellationToken).ConfigureAwait(false))
                return false;
        }

        return true;
    }
}
