namespace DmaBuf.Sharing;

/// <summary>One subscriber, as the publisher sees it.</summary>
/// <remarks>
/// <para>Its members may be read by any thread; the figures are those of a moment. <see cref="FramePublisher.Disconnect(ChannelMember)"/> ends it.</para>
/// <para>Inside. What the publisher knows of its deliveries is kept here, in private memory; the subscriber's answers are only ever compared with it. So whatever a subscriber
/// writes, it can say no more than "released" of something that was delivered to it, which is its right, or nothing at all, which makes it slow.</para>
/// </remarks>
public sealed class ChannelMember
{
    private readonly ChannelMemory _queue;
    private readonly ChannelMemory _answers;
    private readonly int _slots;
    private readonly int[] _bufferOf;
    private readonly ulong[] _deliveryOf; // by buffer: the delivery's number plus one; 0: none is out
    private ulong _next;
    private ulong _tail;
    private long _dropped;
    private int _endReason;

    internal ChannelMember(int index, IChannelPeer peer, ChannelMemory queue, ChannelMemory answers, int buffers)
    {
        Index = index;
        Peer = peer;
        _queue = queue;
        _answers = answers;
        _slots = ChannelLayout.SlotsFor(buffers);
        _bufferOf = new int[_slots];
        _deliveryOf = new ulong[buffers];
        queue.Words.Write32(ChannelLayout.Queue.MemberIndex, (uint)index);
        queue.Words.Write32(ChannelLayout.Queue.VersionNumber, ChannelLayout.Version);
        queue.Words.Write64(ChannelLayout.Queue.Magic, ChannelLayout.Queue.MagicValue);
    }

    /// <summary>The process, as its connection names it.</summary>
    public string Name => Peer.Name;

    /// <summary>Frames that were put into its queue, whether it took them or lost them again.</summary>
    public ulong Delivered => Volatile.Read(ref _next);

    /// <summary>Frames that it did not get because it was slow.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Why it was ended; <see cref="ChannelEndReason.None"/> while it is there.</summary>
    public ChannelEndReason EndReason => (ChannelEndReason)Volatile.Read(ref _endReason);

    internal int Index { get; }

    internal ulong Bit => 1UL << Index;

    internal IChannelPeer Peer { get; }

    /// <summary>Frames that it has, unread and held together.</summary>
    internal int Outstanding { get; private set; }

    internal MemoryWords Answers => _answers.Words;

    internal ChannelMemory QueueMemory => _queue;

    internal ChannelMemory AnswersMemory => _answers;

    /// <summary>Puts a frame into the queue. The slot is free: a queue has as many as there are buffers, and a delivery keeps its buffer.</summary>
    internal void Deliver(in Delivery delivery)
    {
        ulong number = _next;
        int slot = ChannelLayout.Queue.SlotAt(number, _slots);
        delivery.WriteTo(_queue.Words, slot);
        _bufferOf[number & (ulong)(_slots - 1)] = delivery.Buffer;
        _deliveryOf[delivery.Buffer] = number + 1;
        Outstanding++;
        Volatile.Write(ref _next, number + 1);
        _queue.Words.Write64(slot + ChannelLayout.Slot.Ready, number + 1);
    }

    /// <summary>Whether the subscriber says that it has released its delivery in this buffer. Asked only of a buffer that it has.</summary>
    internal bool HasReleased(int buffer) => _answers.Words.Read64(ChannelLayout.Answers.ReleasedAt(buffer)) == _deliveryOf[buffer];

    /// <summary>The delivery in this buffer is over.</summary>
    internal void Settle(int buffer)
    {
        _deliveryOf[buffer] = 0;
        Outstanding--;
    }

    internal void CountDrop() => Volatile.Write(ref _dropped, _dropped + 1);

    /// <summary>The oldest buffer that it has not taken; -1 if it has taken all that it has.</summary>
    internal int OldestUnread()
    {
        for (ulong number = Math.Max(FirstInQueue(_next), ReadTaken()); number < _next; number++)
        {
            int buffer = _bufferOf[number & (ulong)(_slots - 1)];
            if (_deliveryOf[buffer] == number + 1)
                return buffer;
        }

        return -1;
    }

    /// <summary>Whether it has not taken what it has in this buffer, as far as it says.</summary>
    internal bool IsUnread(int buffer) => _deliveryOf[buffer] > ReadTaken();

    /// <summary>Takes back all it has not taken, up to and with the delivery in this buffer; the rules stand at <see cref="DeliveryRules"/>.</summary>
    /// <returns>The buffers that were taken back, in the span given: nobody but the caller settles them.</returns>
    internal ReadOnlySpan<int> Retract(int buffer, Span<int> retracted)
    {
        ulong last = _deliveryOf[buffer] - 1;
        if (last < _tail)
            return []; // it says now that it did not take what it took before

        ulong first = FirstInQueue(last + 1);
        _tail = last + 1;
        _queue.Words.Exchange64(ChannelLayout.Queue.Tail, _tail);
        ulong taken = ReadTaken();
        int count = 0;
        for (ulong number = first; number <= last; number++)
        {
            int each = _bufferOf[number & (ulong)(_slots - 1)];
            if (_deliveryOf[each] == number + 1 && DeliveryRules.IsRetracted(number, taken))
                retracted[count++] = each;
        }

        return retracted[..count];
    }

    /// <summary>Wakes it if it sleeps. The slots were written before, with a full fence between.</summary>
    internal void WakeIfAsleep()
    {
        if (_answers.Words.Read32(ChannelLayout.Answers.Asleep) != 0)
            Wake();
    }

    /// <summary>Ends it: the subscriber is told, and this process lets go of its memory.</summary>
    internal void End(ChannelEndReason reason)
    {
        Volatile.Write(ref _endReason, (int)reason);
        _queue.Words.Write32(ChannelLayout.Queue.EndReason, (uint)reason);
        Wake();
        Answers.Exchange32(ChannelLayout.Answers.Wanted, 0);
        Answers.Wake(ChannelLayout.Answers.Wanted);
        _queue.Dispose();
        _answers.Dispose();
    }

    private void Wake()
    {
        _answers.Words.Exchange32(ChannelLayout.Answers.Asleep, 0);
        _answers.Words.Wake(ChannelLayout.Answers.Asleep);
    }

    /// <summary>The oldest delivery before <paramref name="end"/> that can be unread: the queue holds no more.</summary>
    private ulong FirstInQueue(ulong end) => Math.Max(_tail, end - Math.Min(end, (ulong)_slots));

    private ulong ReadTaken() => _answers.Words.Read64(ChannelLayout.Answers.Taken);
}
