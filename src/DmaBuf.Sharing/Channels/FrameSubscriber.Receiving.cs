using System.Diagnostics;

namespace DmaBuf.Sharing;

// How a delivery is taken: look, copy, claim, look again.
public sealed partial class FrameSubscriber
{
    /// <summary>How often is looked without a pause: as long as a hand-over between two running threads takes, and not longer.</summary>
    private const int EagerLooks = 4000;

    /// <summary>
    /// How many deliveries in a row can be taken back at the very moment when they are claimed. A quick publisher that drops the oldest does so a few dozen times now and then; this often
    /// only one does that wants to keep us here.
    /// </summary>
    private const int MostTurns = 1 << 16;

    /// <summary>In place of a held delivery: it is released, and the publisher is being told.</summary>
    private const ulong Releasing = ulong.MaxValue;

    /// <summary>Takes the next frame if there is one.</summary>
    /// <param name="frame">The frame, which is the receiver's until it disposes it.</param>
    /// <exception cref="InvalidOperationException">Another thread is receiving.</exception>
    /// <exception cref="ObjectDisposedException">The subscriber was disposed.</exception>
    public bool TryReceive(out Frame frame)
    {
        EnterReceive();
        try
        {
            return TryTake(out frame);
        }
        finally
        {
            LeaveReceive();
        }
    }

    /// <summary>Waits for the next frame: looks for a short time, then sleeps. Nothing is allocated.</summary>
    /// <param name="frame">The frame, if one was received; it is the receiver's until it disposes it.</param>
    /// <param name="timeout">At most so long; <see cref="Timeout.InfiniteTimeSpan"/> for no end.</param>
    /// <param name="cancellationToken">Ends the wait; no frame is lost by it.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">Another thread is receiving.</exception>
    /// <exception cref="ObjectDisposedException">The subscriber was disposed.</exception>
    public ReceiveResult Receive(out Frame frame, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        EnterReceive();
        try
        {
            // At least one: a frame that is there is received without asking for the time.
            int eager = _options.SpinTime > TimeSpan.Zero ? EagerLooks : 1;
            for (int looks = 0; looks < eager; looks++)
            {
                if (TryTake(out frame))
                    return ReceiveResult.Received;
                if ((looks & 63) == 63 && (HasEnded || timeout == TimeSpan.Zero))
                    break;
            }

            return WaitAndTake(out frame, timeout, cancellationToken);
        }
        finally
        {
            LeaveReceive();
        }
    }

    /// <summary>Whether the frame is still this subscriber's, by its own book.</summary>
    internal bool Holds(in Frame frame) => Volatile.Read(ref _held[frame.Buffer]) == frame.Delivery + 1;

    internal ReadOnlySpan<byte> Window(Frame frame, ulong offset, int length)
    {
        RequireHeld(frame);
        if (offset > frame.Size || (ulong)length > frame.Size - offset)
            throw new DmaBufException(Errno.EINVAL, $"{length} bytes at {offset} were asked of a frame of {frame.Size}. Stay within it.");
        return _buffers[frame.Buffer].Mapping.ReadOnlyWindow(offset, length);
    }

    internal FrameHeader HeaderOf(in Frame frame)
    {
        RequireHeld(frame);
        return FrameHeader.Of(_board, frame.Buffer, _userBytesLimit);
    }

    /// <summary>Whether the publisher let this subscriber have the frame to this moment.</summary>
    internal bool IsIntact(in Frame frame)
    {
        Interlocked.MemoryBarrier(); // what the caller has read of the frame was read before this
        return Holds(frame) && ReadEndReason() is not (ChannelEndReason.TooSlow or ChannelEndReason.Disconnected);
    }

    /// <remarks>
    /// In three steps, because the memory must stay while the publisher is told, and the publisher may deliver the same buffer anew before this returns: then the receiving thread
    /// has written its new hold, and the last step finds it and leaves it.
    /// </remarks>
    internal void Release(in Frame frame)
    {
        ref ulong held = ref _held[frame.Buffer];
        if (Interlocked.CompareExchange(ref held, Releasing, frame.Delivery + 1) != frame.Delivery + 1)
            return;
        Tell(frame.Buffer, frame.Delivery);
        Interlocked.CompareExchange(ref held, 0, Releasing);
        if (Volatile.Read(ref _disposed) != 0)
            CloseMemoryIfUnused();
    }

    internal bool WaitForContents(in Frame frame, TimeSpan timeout, CancellationToken cancellationToken)
    {
        FrameHeader header = HeaderOf(frame);
        long start = Stopwatch.GetTimestamp();
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static (state, _) => ((FrameSubscriber)state!).Interrupt(), this);
        while (true)
        {
            _answers.Words.Exchange32(ChannelLayout.Answers.Asleep, 1);
            if (header.ReadCompletion(frame.Sequence) is { } error)
            {
                return error == Errno.None ? true : throw new DmaBufException(error,
                    $"The producer of frame {frame.Sequence} failed with {error}: its contents are not to be used. Go on with the next.");
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (HasEnded)
                return false;
            if (!SleepUnlessOver(start, timeout))
                return false;
        }
    }

    private bool IsCutOff => (ChannelEndReason)_queue.Words.Read32(ChannelLayout.Queue.EndReason) is ChannelEndReason.TooSlow or ChannelEndReason.Disconnected;

    private bool HasEnded => Volatile.Read(ref _localEnd) != 0 || _queue.Words.Read32(ChannelLayout.Queue.EndReason) != 0;

    private bool TryTake(out Frame frame)
    {
        MemoryWords queue = _queue.Words;
        for (int turn = 0; turn < MostTurns; turn++)
        {
            ulong wanted = _next;
            int slot = ChannelLayout.Queue.SlotAt(wanted, _slots);
            ulong ready = queue.Read64(slot + ChannelLayout.Slot.Ready);
            switch (DeliveryRules.Judge(wanted, ready))
            {
                case SlotState.Ready:
                    Delivery delivery = Delivery.ReadFrom(queue, slot);
                    _answers.Words.Exchange64(ChannelLayout.Answers.Taken, wanted + 1);
                    if (DeliveryRules.ClaimHolds(wanted, queue.Read64(ChannelLayout.Queue.Tail)))
                        return Hold(wanted, delivery, out frame);
                    if ((uint)delivery.Buffer < (uint)_buffers.Length)
                        Tell(delivery.Buffer, wanted); // the publisher may have seen the claim, and waits for this then
                    _next = wanted + 1;
                    break;
                case SlotState.Overtaken:
                    if (DeliveryRules.Resume(wanted, ready, _slots) is not { } next)
                        return Refuse(out frame);
                    _next = next;
                    break;
                default:
                    frame = default;
                    return false;
            }
        }

        return Refuse(out frame);
    }

    private bool Hold(ulong number, in Delivery delivery, out Frame frame)
    {
        _next = number + 1;
        if ((uint)delivery.Buffer >= (uint)_buffers.Length || delivery.Size > _bufferBytes || Volatile.Read(ref _held[delivery.Buffer]) is not (0 or Releasing))
            return Refuse(out frame);
        if (IsCutOff)
        {
            frame = default;
            return false;
        }

        Volatile.Write(ref _held[delivery.Buffer], number + 1);
        frame = new(this, number, delivery);
        return true;
    }

    private bool Refuse(out Frame frame)
    {
        EndHere(ChannelEndReason.ProtocolError);
        frame = default;
        return false;
    }

    /// <summary>The release itself, and the wake of a publisher that sleeps until there is one.</summary>
    private void Tell(int buffer, ulong delivery)
    {
        _answers.Words.Exchange64(ChannelLayout.Answers.ReleasedAt(buffer), delivery + 1);
        if (_answers.Words.Read32(ChannelLayout.Answers.Wanted) != 0 && _answers.Words.Exchange32(ChannelLayout.Answers.Wanted, 0) != 0)
            _answers.Words.Wake(ChannelLayout.Answers.Wanted);
    }

    private ReceiveResult WaitAndTake(out Frame frame, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static (state, _) => ((FrameSubscriber)state!).Interrupt(), this);
        bool sleeps = false;
        while (true)
        {
            // First the word that has us woken, then the looks.
            if (sleeps)
                _answers.Words.Exchange32(ChannelLayout.Answers.Asleep, 1);
            bool ended = HasEnded; // before the look: what was published before the end is found by it
            if (EndReason is ChannelEndReason.TooSlow or ChannelEndReason.Disconnected or ChannelEndReason.ProtocolError or ChannelEndReason.Left)
                return Nothing(ReceiveResult.Ended, out frame);
            if (TryTake(out frame))
                return ReceiveResult.Received;
            if (ended || EndReason == ChannelEndReason.ProtocolError)
                return ReceiveResult.Ended;
            cancellationToken.ThrowIfCancellationRequested();
            if (!sleeps)
            {
                if (timeout == TimeSpan.Zero)
                    return ReceiveResult.TimedOut;
                Thread.SpinWait(8);
                sleeps = Stopwatch.GetElapsedTime(start) >= _options.SpinTime;
            }
            else if (!SleepUnlessOver(start, timeout))
            {
                return ReceiveResult.TimedOut;
            }
        }
    }

    private static ReceiveResult Nothing(ReceiveResult result, out Frame frame)
    {
        frame = default;
        return result;
    }

    /// <returns>False when the time was over already.</returns>
    private bool SleepUnlessOver(long start, TimeSpan timeout)
    {
        TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? timeout : timeout - Stopwatch.GetElapsedTime(start);
        if (timeout != Timeout.InfiniteTimeSpan && left <= TimeSpan.Zero)
            return false;
        _answers.Words.Wait(ChannelLayout.Answers.Asleep, 1, left);
        return true;
    }

    private void EnterReceive()
    {
        if (Interlocked.CompareExchange(ref _receiving, 1, 0) != 0)
            throw new InvalidOperationException("Another thread is receiving from this subscriber. Let one thread receive, or join the channel a second time.");
        if (Volatile.Read(ref _disposed) == 0)
            return;
        LeaveReceive();
        throw new ObjectDisposedException(nameof(FrameSubscriber));
    }

    private void LeaveReceive() => Volatile.Write(ref _receiving, 0);

    private void RequireHeld(in Frame frame)
    {
        if (!Holds(frame))
            throw new DmaBufException(Errno.EINVAL, $"Frame {frame.Sequence} was used after its release. Read it before.");
    }
}
