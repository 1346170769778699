using System.Diagnostics.CodeAnalysis;

namespace DmaBuf;

/// <summary>One revoke under way: what it waits for, and its report. It runs to its deadline whatever becomes of those who wait for it.</summary>
/// <remarks>
/// It owns a reference to the buffer, so that nobody is released while its importers are waited for (spec B.3). The wait ends with the earliest
/// deadline of all who asked for the revoke.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A second revoke may bring the end forward at any time; disarmed when it has ended, the source holds nothing.")]
internal sealed class RevokeOperation(DmaBuffer buffer, TimeProvider time)
{
    private readonly CancellationTokenSource _late = new(Timeout.InfiniteTimeSpan, time);
    private long _end = long.MaxValue;
    private long _announced = long.MaxValue;
    private readonly TaskCompletionSource<RevokeReport> _report = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completed under the lock when the last mapping has gone.</summary>
    internal TaskCompletionSource Drained { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The BOOKKEEP fences at the start; fences that come later are refused.</summary>
    internal FenceSnapshot Fences { get; set; } = FenceSnapshot.Empty;

    internal long Started { get; } = time.GetTimestamp();

    internal Task<RevokeReport> Report => _report.Task;

    internal static void ThrowIfNoDeadline(TimeSpan deadline)
    {
        if (deadline != Timeout.InfiniteTimeSpan && (deadline < TimeSpan.Zero || deadline.TotalMilliseconds >= uint.MaxValue))
        {
            throw new ArgumentOutOfRangeException(
                nameof(deadline), deadline, "A deadline is zero or more and below 49 days, or Timeout.InfiniteTimeSpan.");
        }
    }

    /// <summary>What is left until the earliest deadline that anybody asked for.</summary>
    internal TimeSpan TimeLeft
    {
        get
        {
            long end = Math.Min(Volatile.Read(ref _announced), Volatile.Read(ref _end));
            TimeSpan left = end == long.MaxValue ? Timeout.InfiniteTimeSpan : time.GetElapsedTime(time.GetTimestamp(), end);
            return left < TimeSpan.Zero && end != long.MaxValue ? TimeSpan.Zero : left;
        }
    }

    /// <summary>Says beforehand when the end will be, for importers that are told before the wait begins.</summary>
    internal void Announce(TimeSpan deadline)
    {
        if (deadline != Timeout.InfiniteTimeSpan)
        {
            Volatile.Write(ref _announced, time.GetTimestamp() + (long)(deadline.TotalSeconds * time.TimestampFrequency));
        }
    }

    /// <summary>Waits and finishes; the part before the first wait runs on the caller. Called without the lock.</summary>
    internal void Run(TimeSpan deadline)
    {
        EndBy(deadline);
        _ = RunAsync();
    }

    /// <summary>Brings the end forward to so long from now; never puts it off. Called without the lock.</summary>
    internal void EndBy(TimeSpan deadline)
    {
        if (deadline == TimeSpan.Zero)
        {
            _late.Cancel();
        }
        else if (deadline != Timeout.InfiniteTimeSpan)
        {
            BringForward(time.GetTimestamp() + (long)(deadline.TotalSeconds * time.TimestampFrequency), deadline);
        }
    }

    private void BringForward(long end, TimeSpan deadline)
    {
        long known = Volatile.Read(ref _end);
        while (end < known)
        {
            long seen = Interlocked.CompareExchange(ref _end, end, known);
            if (seen == known)
            {
                _late.CancelAfter(deadline);
                DisarmIfEnded();
                return;
            }

            known = seen;
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await WaitAsync().ConfigureAwait(false);
            RevokeReport report = buffer.FinishRevoke(this);
            buffer.DropReference();
            _report.TrySetResult(report);
        }
        catch (Exception exception)
        {
            // Whoever waits must learn of it; nobody else observes this task.
            _report.TrySetException(exception);
        }

        DisarmIfEnded();
    }

    /// <summary>Called after each of the two that may come last, so that no timer keeps the buffer.</summary>
    private void DisarmIfEnded()
    {
        if (_report.Task.IsCompleted)
        {
            _late.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    private async Task WaitAsync()
    {
        if (Drained.Task.IsCompleted && Fences.IsSignaled)
        {
            return;
        }

        try
        {
            await Fences.WaitAsync(_late.Token).ConfigureAwait(false);
            await Drained.Task.WaitAsync(_late.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The deadline came: stop waiting, and let FinishRevoke cut off.
        }
    }
}
