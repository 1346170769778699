using System.Diagnostics;
using DmaBuf.Linux;
using DmaBuf.Sharing;

namespace DmaBuf.Tool;

/// <summary>Publishes the frames of a source to whoever subscribes, and lets further subscribers join meanwhile. Owns the channel; the source and the listener are the caller's.</summary>
internal sealed class FrameBroadcast : IDisposable
{
    private const int MaximumSubscribers = 62;

    // Of a publisher that runs for days, the newest are told of.
    private const int RememberedSubscribers = 256;

    private readonly FrameSource _source;
    private readonly FramePublisher _publisher;
    private readonly FrameHello _hello;
    private readonly FrameBroadcastOptions _options;
    private readonly Lock _gate = new();
    private readonly List<ChannelMember> _members = [];
    private readonly TaskCompletionSource _enough = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _joined;

    internal FrameBroadcast(FrameSource source, FrameBroadcastOptions options)
    {
        _source = source;
        _options = options;
        Total = Least(source.Count, options.Count);
        _hello = new FrameHello(source.Name, source.Header ?? string.Empty, options.Policy, Total ?? 0);
        _publisher = FramePublisher.Create(new FrameChannelOptions
        {
            BufferBytes = source.FrameBytes,
            BufferCount = options.Buffers,
            MaximumSubscribers = MaximumSubscribers,
            Policy = options.Policy,
            Timeout = options.Timeout,
            MaximumUserBytes = source.Header is null ? 0 : Y4mSource.MaximumParameters,
            Name = "dmabuf-share",
        });
        if (options.Subscribers == 0)
        {
            _enough.SetResult();
        }
    }

    internal FrameCounters Counters { get; } = new();

    /// <summary>How many frames there will be; null if that cannot be known.</summary>
    internal ulong? Total { get; }

    /// <summary>Frames for which no buffer was free; nobody got them.</summary>
    internal long Lost { get; private set; }

    /// <summary>Everybody who joined, also those who left.</summary>
    internal int Joined => Volatile.Read(ref _joined);

    /// <summary>Who is there.</summary>
    internal int Present => _publisher.Members.Count;

    /// <summary>Those who joined, also those who left; the newest 256.</summary>
    internal IReadOnlyList<ChannelMember> Members
    {
        get
        {
            lock (_gate)
            {
                return [.. _members];
            }
        }
    }

    /// <summary>Lets processes of the same user join until the token is cancelled; others are sent away.</summary>
    internal async Task AdmitAsync(DescriptorListener listener, CancellationToken cancellationToken)
    {
        while (true)
        {
            DescriptorSocket socket = await HandoverSender.AcceptAsync(listener, cancellationToken).ConfigureAwait(false);
            try
            {
                await socket.SendAsync(_hello.Encode(), [], cancellationToken).ConfigureAwait(false);
                Remember(await FrameChannel.InviteAsync(_publisher, socket, cancellationToken).ConfigureAwait(false));
            }
            catch (DmaBufException exception)
            {
                socket.Dispose();
                ToolConsole.Complain($"a subscriber could not join: {exception.Message.ReplaceLineEndings(" ")}");
            }
            catch (ObjectDisposedException)
            {
                // All was published; whoever comes now finds nobody.
                socket.Dispose();
                return;
            }
        }
    }

    /// <summary>Waits for the first subscribers, then publishes to the source's end, on another thread.</summary>
    internal async Task PublishAsync(CancellationToken cancellationToken)
    {
        await _enough.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        // A pipe's read cannot be cancelled: it is left behind.
        await Task.Factory.StartNew(() => Publish(cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            .WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes the channel: subscribers take what is there and are told the end.</summary>
    public void Dispose() => _publisher.Dispose();

    private void Publish(CancellationToken cancellationToken)
    {
        Counters.Begin();
        long started = Stopwatch.GetTimestamp();
        for (ulong number = 0; number < (_options.Count ?? ulong.MaxValue) && _source.MoveNext(); number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_options.FramesPerSecond is { } rate)
            {
                WaitUntil(started, number / rate, cancellationToken);
            }

            PublishOne(cancellationToken);
        }

        Counters.End();
    }

    private void PublishOne(CancellationToken cancellationToken)
    {
        FrameLoan loan;
        if (_options.Policy == SlowSubscriberPolicy.Block)
        {
            loan = _publisher.Loan(cancellationToken);
        }
        else if (!_publisher.TryLoan(out loan))
        {
            _source.Skip();
            Lost++;
            return;
        }

        using (loan)
        {
            int size = _source.Fill(loan.Span);
            uint checksum = FrameChecksum.Of(loan.Window(0, size));
            loan.Publish((ulong)size, new FrameInfo
            {
                TimeStamp = Stopwatch.GetTimestamp(),
                Tag = checksum,
                Description = _source.Description,
                UserBytes = _source.Parameters,
            });
            Counters.Add(size);
        }
    }

    /// <summary>Sleeps, and looks for the last part, because a sleep is no better than a millisecond.</summary>
    private static void WaitUntil(long started, double seconds, CancellationToken cancellationToken)
    {
        for (double left; (left = seconds - Stopwatch.GetElapsedTime(started).TotalSeconds) > 0;)
        {
            if (left > 0.002)
            {
                cancellationToken.WaitHandle.WaitOne((int)Math.Min((left * 1000) - 1, 1000));
                cancellationToken.ThrowIfCancellationRequested();
            }
            else
            {
                Thread.SpinWait(20);
            }
        }
    }

    private static ulong? Least(ulong? first, ulong? second) => first is null || second is null ? first ?? second : Math.Min(first.Value, second.Value);

    private void Remember(ChannelMember member)
    {
        lock (_gate)
        {
            _members.Add(member);
            if (_members.Count > RememberedSubscribers)
            {
                _members.RemoveAt(0);
            }
        }

        if (Interlocked.Increment(ref _joined) == _options.Subscribers)
        {
            _enough.TrySetResult();
        }
    }
}
