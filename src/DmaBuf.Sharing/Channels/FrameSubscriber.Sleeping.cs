namespace DmaBuf.Sharing;

// The form for `await foreach`: a futex can only be slept on by a thread, so each subscriber that waits this way has one that does.
public sealed partial class FrameSubscriber
{
    private FrameSleeper? _sleeper;

    /// <summary>Waits for the next frame without blocking the caller's thread.</summary>
    /// <param name="cancellationToken">Ends the wait; no frame is lost by it.</param>
    /// <returns>The frame, which is the receiver's until it disposes it; null when no frame will come any more: see <see cref="EndReason"/>.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">Another thread is receiving.</exception>
    /// <exception cref="ObjectDisposedException">The subscriber was disposed.</exception>
    public ValueTask<Frame?> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<Frame?>(cancellationToken);
        return Receive(out Frame frame, TimeSpan.Zero, CancellationToken.None) switch
        {
            ReceiveResult.Received => new(frame),
            ReceiveResult.Ended => new((Frame?)null),
            _ => Sleeper().ReceiveAsync(cancellationToken),
        };
    }

    /// <summary>The frames until the end, for <c>await foreach</c>. Each is the receiver's until it disposes it: begin the body with <c>using (frame)</c>.</summary>
    /// <param name="cancellationToken">Ends the wait; no frame is lost by it.</param>
    public async IAsyncEnumerator<Frame> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        while (await ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } frame)
            yield return frame;
    }

    private FrameSleeper Sleeper()
    {
        FrameSleeper sleeper = Volatile.Read(ref _sleeper) ?? new FrameSleeper(this);
        FrameSleeper kept = Interlocked.CompareExchange(ref _sleeper, sleeper, null) ?? sleeper;
        if (kept != sleeper)
            sleeper.Dispose();
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        return kept;
    }
}
