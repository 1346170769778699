namespace DmaBuf.Sharing;

// How a loan becomes a frame: contents and header first, then a slot for each subscriber, then the sleepers.
public sealed partial class FramePublisher
{
    internal ulong Publish(in FrameLoan loan, ulong size, in FrameInfo info)
    {
        CheckFrame(size, info);
        bool isPending = info.Contents is { IsSignaled: false };
        ulong sequence;
        using (_gate.Enter())
        {
            if (!IsCurrent(loan))
                throw LoanIsOver();
            ObjectDisposedException.ThrowIf(_ended, this);
            _loanIds[loan.Buffer] = 0;
            sequence = _sequence + 1;
            Volatile.Write(ref _sequence, sequence);
            DeliveryFlags flags = (info.IsDescribed ? DeliveryFlags.Described : 0) | (info.Contents is not null ? DeliveryFlags.ContentsPending : 0);
            FrameHeader header = FrameHeader.Of(_board, loan.Buffer, _options.MaximumUserBytes);
            if (info.IsDescribed)
                header.Write(info.Description, info.UserBytes);
            if (info.Contents is not null && !isPending)
                header.Complete(sequence, info.Contents.Error);
            DeliverToAll(new(loan.Buffer, flags, sequence, size, info.TimeStamp, info.Tag), isPending ? BufferLedger.Contents : 0);
        }

        TakeLeave();
        if (isPending)
            info.Contents!.OnSignaled(static (fence, state) => ((PendingContents)state!).Complete(fence), new PendingContents(this, loan.Buffer, sequence));
        return sequence;
    }

    /// <summary>The contents of a frame that was published before they were there are there, or failed.</summary>
    internal void CompleteContents(int buffer, ulong sequence, Errno error)
    {
        using (_gate.Enter())
        {
            FrameHeader.Of(_board, buffer, _options.MaximumUserBytes).Complete(sequence, error);
            Interlocked.MemoryBarrier();
            WakeSleepers(_ledger.NeedsOf(buffer) & BufferLedger.Members);
            _ledger.Release(buffer, BufferLedger.Contents);
            CloseMemoryIfQuiet();
        }
    }

    private void CheckFrame(ulong size, in FrameInfo info)
    {
        if (size > _options.BufferBytes)
            throw new DmaBufException(Errno.EINVAL, $"A frame of {size} bytes was to be published in a buffer of {_options.BufferBytes}. Make the channel with larger buffers.");
        if (info.UserBytes.Length > _options.MaximumUserBytes)
        {
            throw new DmaBufException(Errno.EINVAL,
                $"A frame was to carry {info.UserBytes.Length} user bytes, in a channel of at most {_options.MaximumUserBytes}. Raise MaximumUserBytes when creating it.");
        }
    }

    private void DeliverToAll(in Delivery delivery, ulong needs)
    {
        ulong audience = 0;
        ulong present = _present;
        while (present != 0)
        {
            ChannelMember member = _members[BufferLedger.NextMember(ref present)]!;
            if (member.Outstanding >= _limit && !MakeRoom(member))
                continue;
            member.Deliver(delivery);
            audience |= member.Bit;
        }

        if (_options.KeepLatest)
            needs |= BufferLedger.Latest;
        _ledger.Publish(delivery.Buffer, delivery.Sequence, audience | needs);
        if (_options.KeepLatest)
            Keep(delivery);

        // Slots first, then the look who sleeps: a subscriber does it the other way round.
        Interlocked.MemoryBarrier();
        WakeSleepers(audience);
    }

    private void Keep(in Delivery delivery)
    {
        if (_latestBuffer >= 0)
            _ledger.Release(_latestBuffer, BufferLedger.Latest);
        _latestBuffer = delivery.Buffer;
        _latest = delivery;
    }

    private void WakeSleepers(ulong members)
    {
        while (members != 0)
            _members[BufferLedger.NextMember(ref members)]!.WakeIfAsleep();
    }

    /// <summary>A subscriber that has as many frames as it may: what it has released counts, then the policy.</summary>
    /// <returns>Whether it gets the new frame.</returns>
    private bool MakeRoom(ChannelMember member)
    {
        CollectFrom(member);
        if (member.Outstanding < _limit)
            return true;
        switch (_options.Policy)
        {
            case SlowSubscriberPolicy.DropOldest when member.OldestUnread() is >= 0 and int oldest:
                Retract(member, oldest);
                if (member.Outstanding < _limit)
                    return true;
                break;
            case SlowSubscriberPolicy.Disconnect:
                Remove(member, ChannelEndReason.TooSlow);
                return false;
        }

        member.CountDrop();
        return false;
    }
}
