namespace DmaBuf;

/// <summary>One revoke under way: what it waits for, and its report. It runs to its deadline whatever becomes of those who wait for it.</summary>
internal sealed class RevokeOperation(DmaBuffer buffer, TimeProvider time)
{
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

    /// <summary>Waits and finishes; the part before the first wait runs on the caller. Called without the lock.</summary>
    internal void Run(TimeSpan deadline) => _ = RunAsync(deadline);

    private async Task RunAsync(TimeSpan deadline)
    {
        try
        {
            await WaitAsync(deadline).ConfigureAwait(false);
            _report.TrySetResult(buffer.FinishRevoke(this));
        }
        catch (Exception exception)
        {
            // Whoever waits must learn of it; nobody else observes this task.
            _report.TrySetException(exception);
        }
    }

    private async Task WaitAsync(TimeSpan deadline)
    {
        if (Drained.Task.IsCompleted && Fences.IsSignaled)
        {
            return;
        }

        using CancellationTokenSource late = new();
        Task all = Task.WhenAll(Drained.Task, Fences.WaitAsync(late.Token).AsTask());
        try
        {
            await all.WaitAsync(deadline, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The deadline came: stop waiting for fences, and let FinishRevoke cut off.
            await late.CancelAsync().ConfigureAwait(false);
        }
    }
}
