using System.Diagnostics;

namespace DmaBuf.Sharing;

// How a buffer is found: the free ones first, then what subscribers have released since, then the policy.
public sealed partial class FramePublisher
{
    private readonly MemoryWords[] _waitWords; // of the one thread that sleeps for a buffer; guarded by _sleep
    private readonly Lock _sleep = new();

    /// <summary>Takes a buffer to fill. With <see cref="SlowSubscriberPolicy.Block"/> it waits for one up to the channel's timeout; else the policy makes one free, or it fails at once.</summary>
    /// <returns>The loan, which is the caller's: publish or dispose it.</returns>
    /// <exception cref="DmaBufException">ETIMEDOUT, EAGAIN: no buffer became free; the message names who has them.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The channel was closed.</exception>
    public FrameLoan Loan(CancellationToken cancellationToken = default)
    {
        if (TryLoan(out FrameLoan loan))
            return loan;
        if (_options.Policy == SlowSubscriberPolicy.Block && WaitForBuffer(out loan, cancellationToken))
            return loan;
        Interlocked.Increment(ref _lostLoans);
        throw NoBuffer();
    }

    /// <summary>Takes a buffer to fill, if one can be had without waiting. The policy applies, but for the wait.</summary>
    /// <returns>Whether there was one; the loan is the caller's then: publish or dispose it.</returns>
    /// <exception cref="ObjectDisposedException">The channel was closed.</exception>
    public bool TryLoan(out FrameLoan loan)
    {
        int buffer;
        ulong id = 0;
        using (_gate.Enter())
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            if (_ledger.TryLoan(out buffer) || TryLoanAfterLook(out buffer) || TryLoanByPolicy(out buffer))
            {
                id = ++_lastLoan;
                Volatile.Write(ref _loanIds[buffer], id);
            }
        }

        TakeLeave();
        loan = id == 0 ? default : new(this, buffer, id);
        return id != 0;
    }

    /// <summary>The loan ends without a frame; a second time, nothing happens.</summary>
    internal void Return(in FrameLoan loan)
    {
        using (_gate.Enter())
        {
            if (!IsCurrent(loan))
                return;
            _loanIds[loan.Buffer] = 0;
            _ledger.Return(loan.Buffer);
            CloseMemoryIfQuiet();
        }
    }

    private bool TryLoanAfterLook(out int buffer)
    {
        Collect();
        return _ledger.TryLoan(out buffer);
    }

    /// <summary>Looks what subscribers have released. Each buffer that is out is compared with each who needs it.</summary>
    private void Collect()
    {
        for (int buffer = 0; buffer < _ledger.Count; buffer++)
        {
            ulong needing = _ledger.NeedsOf(buffer) & BufferLedger.Members;
            while (needing != 0)
                CollectFrom(_members[BufferLedger.NextMember(ref needing)]!, buffer);
        }
    }

    private void CollectFrom(ChannelMember member)
    {
        for (int buffer = 0; buffer < _ledger.Count; buffer++)
        {
            if ((_ledger.NeedsOf(buffer) & member.Bit) != 0)
                CollectFrom(member, buffer);
        }
    }

    private void CollectFrom(ChannelMember member, int buffer)
    {
        if (!member.HasReleased(buffer))
            return;
        member.Settle(buffer);
        _ledger.Release(buffer, member.Bit);
    }

    private bool TryLoanByPolicy(out int buffer)
    {
        switch (_options.Policy)
        {
            case SlowSubscriberPolicy.DropOldest:
                RetractOldest();
                break;
            case SlowSubscriberPolicy.Disconnect when _ledger.OldestOut(0) is >= 0 and int oldest:
                ulong needing = _ledger.NeedsOf(oldest) & BufferLedger.Members;
                while (needing != 0)
                    Remove(_members[BufferLedger.NextMember(ref needing)]!, ChannelEndReason.TooSlow);
                break;
        }

        return _ledger.TryLoan(out buffer);
    }

    /// <summary>Frees the oldest frame that nobody has taken, with all older ones that are unread by those who have it.</summary>
    private void RetractOldest()
    {
        ulong after = 0;
        while (_ledger.FreeCount == 0 && _ledger.OldestOut(after) is >= 0 and int oldest)
        {
            after = _ledger.SequenceOf(oldest);
            ulong needing = _ledger.NeedsOf(oldest) & BufferLedger.Members;
            if (!IsUnreadByAll(oldest, needing))
                continue;
            while (needing != 0)
                Retract(_members[BufferLedger.NextMember(ref needing)]!, oldest);
        }
    }

    private bool IsUnreadByAll(int buffer, ulong needing)
    {
        while (needing != 0)
        {
            if (!_members[BufferLedger.NextMember(ref needing)]!.IsUnread(buffer))
                return false;
        }

        return true;
    }

    private void Retract(ChannelMember member, int buffer)
    {
        foreach (int each in member.Retract(buffer, _scratch))
        {
            member.Settle(each);
            member.CountDrop();
            _ledger.Release(each, member.Bit);
        }
    }

    private bool WaitForBuffer(out FrameLoan loan, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        SpinWait spin = default;
        while (Stopwatch.GetElapsedTime(start) < _options.SpinTime)
        {
            if (TryLoan(out loan))
                return true;
            spin.SpinOnce(sleep1Threshold: -1);
        }

        using CancellationTokenRegistration registration =
            cancellationToken.UnsafeRegister(static (state, _) => ((FramePublisher)state!).InterruptWait(), this);
        lock (_sleep)
        {
            return SleepForBuffer(out loan, start, cancellationToken);
        }
    }

    /// <remarks>
    /// A subscriber that says "released" without having done so ends each sleep at once. It can cost the publisher looks, not time: the timeout stands, and after some
    /// such wakes in one wait the sleeps become pauses that no subscriber can end.
    /// </remarks>
    private bool SleepForBuffer(out FrameLoan loan, long start, CancellationToken cancellationToken)
    {
        const int patience = 64;
        for (int wakes = 0; ; wakes++)
        {
            // First the words that wake us, then the looks, so that what comes after a look finds the word to change.
            int asked = AskForRelease();
            cancellationToken.ThrowIfCancellationRequested();
            if (TryLoan(out loan))
                return true;
            TimeSpan left = _options.Timeout == Timeout.InfiniteTimeSpan ? Timeout.InfiniteTimeSpan : _options.Timeout - Stopwatch.GetElapsedTime(start);
            if (_options.Timeout != Timeout.InfiniteTimeSpan && left <= TimeSpan.Zero)
                return false;
            if (asked == 0 || wakes > patience)
                Thread.Sleep(left == Timeout.InfiniteTimeSpan || left > TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left);
            else
                MemoryWords.WaitAny(_waitWords.AsSpan(0, asked), ChannelLayout.Answers.Wanted, 1, left);
        }
    }

    /// <summary>Sets the word that has subscribers wake us, in the answers of each that has something.</summary>
    private int AskForRelease()
    {
        int asked = 0;
        using (_gate.Enter())
        {
            foreach (ChannelMember? member in _members)
            {
                if (member is null || member.Outstanding == 0)
                    continue;
                member.Answers.Exchange32(ChannelLayout.Answers.Wanted, 1);
                _waitWords[asked++] = member.Answers;
            }
        }

        return asked;
    }

    private void InterruptWait()
    {
        using (_gate.Enter())
        {
            foreach (ChannelMember? member in _members)
            {
                if (member is null)
                    continue;
                member.Answers.Exchange32(ChannelLayout.Answers.Wanted, 0);
                member.Answers.Wake(ChannelLayout.Answers.Wanted);
            }
        }
    }

    private DmaBufException NoBuffer()
    {
        string holders = string.Join(", ", Members.Where(static member => member.Outstanding > 0).Select(static member => $"{member.Name} has {member.Outstanding}"));
        bool waited = _options.Policy == SlowSubscriberPolicy.Block;
        return new(waited ? Errno.ETIMEDOUT : Errno.EAGAIN,
            $"A buffer was asked for, and none of {_options.BufferCount} became free{(waited ? $" within {_options.Timeout}" : "")} "
            + $"({(holders.Length == 0 ? "all are loans" : holders)}). Have them released, disconnect who keeps them, or make the channel with more buffers.");
    }
}
