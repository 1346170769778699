namespace DmaBuf.Sharing;

/// <summary>The thread that sleeps for one subscriber whose receiver awaits. It is started by the first wait that has to sleep, and ends with the subscriber.</summary>
internal sealed class FrameSleeper : IDisposable
{
    private readonly FrameSubscriber _subscriber;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _asked = new(0);
    private TaskCompletionSource<Frame?>? _waiter;
    private CancellationToken _token;
    private bool _started;
    private bool _ended;

    internal FrameSleeper(FrameSubscriber subscriber) => _subscriber = subscriber;

    internal ValueTask<Frame?> ReceiveAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<Frame?> waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_ended, _subscriber);
            if (_waiter is not null)
                throw new InvalidOperationException("Another receive is being awaited from this subscriber. Await one at a time, or join the channel a second time.");
            _waiter = waiter;
            _token = cancellationToken;
            if (!_started)
            {
                _started = true;
                new Thread(Run) { IsBackground = true, Name = "DmaBuf frame sleeper" }.Start();
            }
        }

        _asked.Release();
        return new(waiter.Task);
    }

    /// <summary>No wait comes any more; one that is under way was ended by the subscriber before.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
        }

        _asked.Release(); // never disposed: the thread may be about to wait on it, and without a wait handle it holds nothing
    }

    private void Run()
    {
        while (true)
        {
            _asked.Wait();
            TaskCompletionSource<Frame?> waiter;
            lock (_gate)
            {
                if (_waiter is null)
                    return; // what woke us was the end
                waiter = _waiter;
            }

            Complete(waiter);
        }
    }

    private void Complete(TaskCompletionSource<Frame?> waiter)
    {
        Frame? received = null;
        Exception? failure = null;
        try
        {
            if (_subscriber.Receive(out Frame frame, Timeout.InfiniteTimeSpan, _token) == ReceiveResult.Received)
                received = frame;
        }
        catch (Exception error) when (error is DmaBufException or InvalidOperationException or OperationCanceledException)
        {
            failure = error;
        }

        lock (_gate)
        {
            _waiter = null;
        }

        if (failure is OperationCanceledException canceled)
            waiter.SetCanceled(canceled.CancellationToken);
        else if (failure is not null)
            waiter.SetException(failure);
        else
            waiter.SetResult(received);
    }
}
