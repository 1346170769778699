using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Sharing;

/// <summary>Receives the frames of a channel, without copying them.</summary>
/// <remarks>
/// <para>A received frame is this subscriber's until it is released; in what order frames are released does not matter. What is held is missing from the publisher's buffers,
/// and counts against this subscriber's share.</para>
/// <para>The words, and what lies where, stand at <see cref="FramePublisher"/> and in docs/channels.md; how a frame is taken that may be taken back at
/// the same moment stands at <see cref="DeliveryRules"/>.</para>
/// <para>Trust. What the publisher writes is checked before it is used as an index or a length: the worst that a broken publisher can do is to end the channel for this subscriber.</para>
/// <para>Threads. One thread at a time receives; a second one is refused. Frames may be used and released by any thread. Dispose may come at any time: it ends waits, and the
/// memory goes when the last held frame is released.</para>
/// </remarks>
public sealed partial class FrameSubscriber : IDisposable, IAsyncEnumerable<Frame>
{
    private readonly ChannelMemory _board;
    private readonly ChannelMemory _queue;
    private readonly ChannelMemory _answers;
    private readonly ChannelMemory[] _buffers;
    private readonly IChannelPeer _publisher;
    private readonly FrameSubscriberOptions _options;
    private readonly ulong[] _held; // by buffer: the delivery's number plus one; 0: not held
    private readonly ulong _bufferBytes;
    private readonly int _slots;
    private readonly int _userBytesLimit;
    private ulong _next;
    private int _receiving;
    private int _localEnd; // a ChannelEndReason that this side found
    private int _disposed;
    private int _memoryClosed;

    private FrameSubscriber(ChannelMemory[] memory, ulong bufferBytes, int userBytesLimit, IChannelPeer publisher, FrameSubscriberOptions options)
    {
        (_board, _queue, _answers) = (memory[0], memory[1], memory[2]);
        _buffers = memory[ChannelLayout.DescriptorsBeforeBuffers..];
        _publisher = publisher;
        _options = options;
        _held = new ulong[_buffers.Length];
        _bufferBytes = bufferBytes;
        _slots = ChannelLayout.SlotsFor(_buffers.Length);
        _userBytesLimit = userBytesLimit;
        Member = (int)_queue.Words.Read32(ChannelLayout.Queue.MemberIndex);
        _ = publisher.Gone.ContinueWith(_ => EndHere(ChannelEndReason.PeerGone), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>The publisher's number for this subscriber.</summary>
    public int Member { get; }

    /// <summary>How many buffers the channel has.</summary>
    public int BufferCount => _buffers.Length;

    /// <summary>Bytes of each buffer: the largest frame.</summary>
    public ulong BufferBytes => _bufferBytes;

    /// <summary>The publisher's process, as its connection names it.</summary>
    public string PublisherName => _publisher.Name;

    /// <summary>Why no further frames will come; <see cref="ChannelEndReason.None"/> while they may. Frames that were published before may still be waiting.</summary>
    public ChannelEndReason EndReason
    {
        get
        {
            // What the publisher said last counts more than that it went away afterwards.
            ChannelEndReason local = (ChannelEndReason)Volatile.Read(ref _localEnd);
            ChannelEndReason said = ReadEndReason();
            return local is ChannelEndReason.Left or ChannelEndReason.ProtocolError || said == ChannelEndReason.None ? local : said;
        }
    }

    /// <summary>Joins a channel by what <see cref="FramePublisher.Admit"/> made and a connection carried here.</summary>
    /// <param name="message">The bytes of the invitation.</param>
    /// <param name="adopted">Its descriptors. They are owned by the subscriber from now on; on failure all are closed.</param>
    /// <param name="publisher">The process that sent it. If it can be disposed, it is, with this subscriber.</param>
    /// <param name="options">How to wait; <see cref="FrameSubscriberOptions.Default"/> if null.</param>
    /// <returns>The subscriber, which is the caller's.</returns>
    /// <exception cref="DmaBufException">EPROTO: no invitation, or memory that does not fit it. EPERM, EINVAL: memory that is not sealed as it must be; the message names what.</exception>
    public static FrameSubscriber Open(
        ReadOnlySpan<byte> message, IReadOnlyList<SafeFileHandle> adopted, IChannelPeer publisher, FrameSubscriberOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(adopted);
        ArgumentNullException.ThrowIfNull(publisher);
        ChannelMemory?[] memory = new ChannelMemory?[adopted.Count];
        try
        {
            int buffers = ChannelInvitation.ReadBufferCount(message, adopted.Count);
            (ulong bufferBytes, int userBytesLimit) = ChannelMemoryCheck.Adopt(adopted, buffers, memory);
            return new(memory!, bufferBytes, userBytesLimit, publisher, options ?? FrameSubscriberOptions.Default);
        }
        catch
        {
            foreach (ChannelMemory? each in memory)
                each?.Dispose();
            foreach (SafeFileHandle each in adopted)
                each.Dispose();
            throw;
        }
    }

    /// <summary>Leaves the channel: the publisher learns it from the connection. Frames that are held stay readable until they are released.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        EndHere(ChannelEndReason.Left);
        // A receive that is under way sees the end and leaves; a new one is refused.
        SpinWait spin = default;
        while (Volatile.Read(ref _receiving) != 0)
            spin.SpinOnce();
        _sleeper?.Dispose();
        (_publisher as IDisposable)?.Dispose();
        CloseMemoryIfUnused();
    }

    private void EndHere(ChannelEndReason reason)
    {
        Interlocked.CompareExchange(ref _localEnd, (int)reason, (int)ChannelEndReason.None);
        if (reason == ChannelEndReason.Left)
            Volatile.Write(ref _localEnd, (int)reason);
        Interrupt();
    }

    /// <summary>Ends a sleep of this process, so that it looks at what has changed here.</summary>
    private void Interrupt()
    {
        try
        {
            _answers.Words.Exchange32(ChannelLayout.Answers.Asleep, 0);
            _answers.Words.Wake(ChannelLayout.Answers.Asleep);
        }
        catch (ObjectDisposedException)
        {
            // The peer went after we did: nobody sleeps any more.
        }
    }

    private ChannelEndReason ReadEndReason()
    {
        try
        {
            return (ChannelEndReason)_queue.Words.Read32(ChannelLayout.Queue.EndReason);
        }
        catch (ObjectDisposedException)
        {
            return ChannelEndReason.None; // we left, and that counts
        }
    }

    private void CloseMemoryIfUnused()
    {
        if (Array.Exists(_held, static held => Volatile.Read(ref held) != 0) || Interlocked.Exchange(ref _memoryClosed, 1) != 0)
            return;
        _board.Dispose();
        _queue.Dispose();
        _answers.Dispose();
        foreach (ChannelMemory buffer in _buffers)
            buffer.Dispose();
    }
}
