using System.Diagnostics;
using System.Text;
using DmaBuf.Linux;
using DmaBuf.Sharing;

namespace DmaBuf.Tool;

/// <summary>Receives frames of <see cref="FrameBroadcast"/>, verifies their order and bytes, and writes them where they shall go. Owns its place in the channel.</summary>
internal sealed class FrameReceiver : IDisposable
{
    private readonly FrameSubscriber _subscriber;
    private readonly FrameReceiverOptions _options;
    private ulong _last;

    private FrameReceiver(FrameHello hello, FrameSubscriber subscriber, FrameReceiverOptions options)
    {
        Hello = hello;
        _subscriber = subscriber;
        _options = options;
    }

    internal FrameHello Hello { get; }

    internal FrameCounters Counters { get; } = new();

    /// <summary>From just before a frame was published to when it was received.</summary>
    internal LatencyHistogram Latencies { get; } = new();

    /// <summary>The publisher's number of the first frame that came; those before were published earlier.</summary>
    internal ulong First { get; private set; }

    /// <summary>Frames between the first and the last that did not come.</summary>
    internal ulong Missing { get; private set; }

    /// <summary>Why no more came.</summary>
    internal ChannelEndReason End { get; private set; }

    internal ulong FrameBytes => _subscriber.BufferBytes;

    internal static async Task<FrameReceiver> OpenAsync(DescriptorSocket adopted, FrameReceiverOptions options, CancellationToken cancellationToken)
    {
        FrameHello hello;
        try
        {
            byte[] received = new byte[HandoverMessage.MaximumBytes];
            using DescriptorMessage message = await adopted.ReceiveAsync(received, 0, cancellationToken).ConfigureAwait(false)
                ?? throw new DmaBufException(Errno.ECONNRESET, "The publisher closed the connection before it said what it publishes: it was ended, or has no place for more subscribers.");
            hello = FrameHello.Decode(received.AsSpan(0, message.Length));
        }
        catch
        {
            adopted.Dispose();
            throw;
        }

        FrameSubscriberOptions waiting = options.SpinTime is { } spin ? new() { SpinTime = spin } : new();
        return new FrameReceiver(hello, await FrameChannel.JoinAsync(adopted, waiting, cancellationToken).ConfigureAwait(false), options);
    }

    /// <summary>Receives to the channel's end, or as many as were asked for.</summary>
    /// <param name="output">Gets every frame; null if they are only verified.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DmaBufException">EIO: a frame is not as it was published, or not in order. ECONNRESET, ETIMEDOUT: the channel ended in another way than by its publisher's will.</exception>
    internal void Receive(Stream? output, CancellationToken cancellationToken)
    {
        if (Hello.Header.Length > 0)
        {
            output?.Write(Encoding.Latin1.GetBytes(Hello.Header + "\n"));
        }

        while (Counters.Frames < (_options.Count ?? long.MaxValue))
        {
            if (_subscriber.Receive(out Frame frame, Timeout.InfiniteTimeSpan, cancellationToken) != ReceiveResult.Received)
            {
                End = _subscriber.EndReason;
                break;
            }

            using (frame)
            {
                Take(frame, output);
            }
        }

        Counters.End();
        RequireGoodEnd();
    }

    public void Dispose() => _subscriber.Dispose();

    private void Take(Frame frame, Stream? output)
    {
        if (Counters.Frames >= _options.Skip && frame.TimeStamp > 0)
        {
            Latencies.Add(Stopwatch.GetTimestamp() - frame.TimeStamp);
        }

        Counters.Begin();
        CheckOrder(frame.Sequence);
        ReadOnlySpan<byte> bytes = frame.Span;
        if (_options.Verify && FrameChecksum.Of(bytes) is var checksum && checksum != (uint)frame.Tag)
        {
            // A publisher that cut us off may write the buffer already; that is its word and no damage.
            throw frame.IsIntact
                ? new DmaBufException(Errno.EIO, $"Frame {frame.Sequence} has CRC-32C {checksum:x8}, and was published with {(uint)frame.Tag:x8}: its bytes changed meanwhile. Look who wrote them.")
                : CutOff();
        }

        if (output is not null)
        {
            Write(frame, bytes, output);
        }

        Counters.Add(bytes.Length);
    }

    private void Write(Frame frame, ReadOnlySpan<byte> bytes, Stream output)
    {
        if (Hello.Header.Length > 0)
        {
            output.Write("FRAME"u8);
            output.Write(frame.UserBytes);
            output.WriteByte((byte)'\n');
        }

        output.Write(bytes);
        if (!frame.IsIntact)
        {
            throw CutOff();
        }
    }

    private void CheckOrder(ulong sequence)
    {
        if (First == 0)
        {
            First = sequence;
        }
        else if (sequence <= _last)
        {
            throw new DmaBufException(Errno.EIO, $"Frame {sequence} came after frame {_last}: the publisher counts wrongly. Use 'dmabuf share' of the same version on both sides.");
        }
        else
        {
            Missing += sequence - _last - 1;
        }

        _last = sequence;
    }

    private void RequireGoodEnd()
    {
        switch (End)
        {
            case ChannelEndReason.None or ChannelEndReason.Closed when Missing > 0 && Hello.Policy is (SlowSubscriberPolicy.Block or SlowSubscriberPolicy.Disconnect):
                throw new DmaBufException(Errno.EIO, $"{Missing} frames did not come, although the publisher's policy loses none. Use 'dmabuf share' of the same version on both sides.");
            case ChannelEndReason.None or ChannelEndReason.Closed:
                return;
            case ChannelEndReason.TooSlow or ChannelEndReason.Disconnected:
                throw CutOff();
            case ChannelEndReason.PeerGone:
                throw new DmaBufException(Errno.ECONNRESET, $"The publisher ended without closing its channel, after frame {_last}: it was killed or failed. Start both sides again.");
            default:
                throw new DmaBufException(Errno.EPROTO, $"The channel ended after frame {_last}: {End}. Use 'dmabuf share' of the same version on both sides.");
        }
    }

    private DmaBufException CutOff()
        => new(Errno.ETIMEDOUT, $"The publisher cut this subscriber off after frame {_last}, because it did not keep up. Publish with another --policy, more --buffers or fewer --fps.");
}
