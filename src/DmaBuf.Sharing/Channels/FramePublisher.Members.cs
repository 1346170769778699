using System.Collections.Concurrent;

namespace DmaBuf.Sharing;

// How subscribers come and go.
public sealed partial class FramePublisher
{
    private readonly ConcurrentQueue<ChannelMember> _removed = new();
    private volatile bool _hasRemoved;

    /// <summary>
    /// Makes a place for a subscriber. From now on frames are delivered to it; with <see cref="FrameChannelOptions.KeepLatest"/> the latest one at once. When the peer has gone, it is
    /// removed, and what it held is released.
    /// </summary>
    /// <param name="peer">The process, as its connection knows it. If it can be disposed, it is, when the subscriber is removed.</param>
    /// <returns>What to send to the subscriber. It belongs to the caller, who disposes it once it was sent.</returns>
    /// <exception cref="DmaBufException">EBUSY: there are as many subscribers as there may be. ENOMEM, EMFILE and others: as <see cref="MemoryFile.Create"/>.</exception>
    /// <exception cref="ObjectDisposedException">The channel was closed.</exception>
    public ChannelInvitation Admit(IChannelPeer peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ChannelMemory? queue = null;
        ChannelMemory? answers = null;
        try
        {
            int slots = ChannelLayout.SlotsFor(_options.BufferCount);
            queue = ChannelMemory.CreateForReaders($"{_options.Name} queue", (ulong)ChannelLayout.Queue.LengthFor(slots));
            answers = ChannelMemory.CreateForBoth($"{_options.Name} answers", (ulong)ChannelLayout.Answers.LengthFor(_options.BufferCount));
            ChannelMember member = Enter(peer, queue, answers);
            _ = peer.Gone.ContinueWith(
                _ => Disconnect(member, ChannelEndReason.PeerGone), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return new(member, queue, answers, [_board.File.Descriptor, queue.File.Descriptor, answers.File.Descriptor, .. _buffers.Select(static buffer => buffer.File.Descriptor)]);
        }
        catch
        {
            queue?.Dispose();
            answers?.Dispose();
            throw;
        }
    }

    /// <summary>Cuts a subscriber off: what it has is released at once, and its memory here is let go. One that has gone already is left as it is.</summary>
    public void Disconnect(ChannelMember member)
    {
        ArgumentNullException.ThrowIfNull(member);
        Disconnect(member, ChannelEndReason.Disconnected);
    }

    private void Disconnect(ChannelMember member, ChannelEndReason reason)
    {
        using (_gate.Enter())
        {
            if (_members[member.Index] == member)
                Remove(member, reason);
        }

        TakeLeave();
    }

    private ChannelMember Enter(IChannelPeer peer, ChannelMemory queue, ChannelMemory answers)
    {
        using (_gate.Enter())
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            int index = Array.IndexOf(_members, null);
            if (index < 0)
            {
                throw new DmaBufException(Errno.EBUSY,
                    $"{peer.Name} was to join a channel that has {_members.Length} subscribers, as many as it may. Disconnect one, or raise MaximumSubscribers.");
            }

            ChannelMember member = new(index, peer, queue, answers, _options.BufferCount);
            _members[index] = member;
            _present |= member.Bit;
            if (_latestBuffer >= 0)
            {
                member.Deliver(_latest);
                _ledger.Add(_latestBuffer, member.Bit);
            }

            return member;
        }
    }

    private void Remove(ChannelMember member, ChannelEndReason reason)
    {
        _members[member.Index] = null;
        _present &= ~member.Bit;
        _ledger.ReleaseAll(member.Bit);
        member.End(reason);
        _removed.Enqueue(member);
        _hasRemoved = true;
    }

    /// <summary>Disposes the peers of those who were removed, outside the lock, as that is foreign code.</summary>
    private void TakeLeave()
    {
        if (!_hasRemoved)
            return;
        _hasRemoved = false;
        while (_removed.TryDequeue(out ChannelMember? member))
            (member.Peer as IDisposable)?.Dispose();
    }
}
