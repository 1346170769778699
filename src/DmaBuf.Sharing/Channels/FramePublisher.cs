using System.Diagnostics;

namespace DmaBuf.Sharing;

/// <summary>Hands frames from one publisher to many subscribers, in this process and others: buffers once, then frames as indices.</summary>
/// <remarks>
/// <para>Words. A <em>loan</em> is a buffer being filled. Publishing it makes a <em>frame</em> with a <em>sequence</em> number, and a <em>delivery</em> of it in the
/// queue of each subscriber. A subscriber <em>takes</em> a delivery, holds the frame, and <em>releases</em> it. A buffer whose frame all have released is free again.</para>
/// <para>Memory (docs/channels.md). The board: what all read. A queue for each subscriber: what it alone reads. Both are written by the publisher alone: it maps them, then seals
/// them against every future writer. Answers for each subscriber: what it alone writes. The buffers: sealed like the board. A subscriber has no other subscriber's queue
/// or answers, so it can neither write to nor wake or requeue another one.</para>
/// <para>What costs. To publish is to write one line of memory a subscriber, and that is all that passes between the processors. Answers are read only when no buffer is free,
/// or a limit is reached, and then for many frames at once.</para>
/// <para>Trust. Whatever stands in answers is only compared with what was delivered (<see cref="ChannelMember"/>); who has which buffer is private memory
/// (<see cref="BufferLedger"/>). So a subscriber can keep its share of the buffers, which the policy answers, and can cause needless looks and wakes.</para>
/// <para>Threads. All members may be called by any thread. Lock order: the one lock here is a leaf; under it the kernel is called to wake sleepers. A wait for buffers is without the lock.
/// A loan's bytes belong to one thread at a time.</para>
/// </remarks>
public sealed partial class FramePublisher : IDisposable
{
    private readonly ChannelGate _gate = new();
    private readonly FrameChannelOptions _options;
    private readonly ChannelMemory _board;
    private readonly ChannelMemory[] _buffers;
    private readonly BufferLedger _ledger;
    private readonly ulong[] _loanIds;
    private readonly ChannelMember?[] _members;
    private readonly int[] _scratch;
    private readonly int _limit;
    private ulong _lastLoan;
    private ulong _sequence;
    private ulong _present; // the members that are there, as a mask
    private Delivery _latest;
    private int _latestBuffer = -1;
    private long _lostLoans;
    private volatile bool _ended;
    private bool _memoryClosed;

    private FramePublisher(FrameChannelOptions options, ChannelMemory board, ChannelMemory[] buffers)
    {
        _options = options;
        _board = board;
        _buffers = buffers;
        _ledger = new(options.BufferCount);
        _loanIds = new ulong[options.BufferCount];
        _members = new ChannelMember?[options.MaximumSubscribers];
        _scratch = new int[ChannelLayout.SlotsFor(options.BufferCount)];
        _limit = options.Limit;
        _waitWords = new MemoryWords[options.MaximumSubscribers];
        WriteBoard();
    }

    /// <summary>The sequence of the last frame; they count from 1.</summary>
    public ulong Sequence => Volatile.Read(ref _sequence);

    /// <summary>Loans that failed because no buffer became free: frames that nobody got.</summary>
    public long LostLoans => Volatile.Read(ref _lostLoans);

    /// <summary>Buffers that are neither being filled nor with anybody, as far as the publisher has looked.</summary>
    public int FreeBuffers
    {
        get
        {
            using (_gate.Enter())
            {
                if (!_ended)
                    Collect();
                return _ledger.FreeCount;
            }
        }
    }

    /// <summary>The subscribers that are there.</summary>
    public IReadOnlyList<ChannelMember> Members
    {
        get
        {
            using (_gate.Enter())
            {
                return [.. _members.OfType<ChannelMember>()];
            }
        }
    }

    /// <summary>Makes a channel: its board and its buffers, reserved and sealed. It belongs to the caller.</summary>
    /// <exception cref="DmaBufException">EINVAL: an option is not valid. ENOMEM, EMFILE and others: as <see cref="MemoryFile.Create"/>.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static FramePublisher Create(FrameChannelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        List<ChannelMemory> made = [];
        try
        {
            made.Add(ChannelMemory.CreateForReaders($"{options.Name} board", (ulong)ChannelLayout.Board.LengthFor(options.BufferCount, options.MaximumUserBytes)));
            for (int buffer = 0; buffer < options.BufferCount; buffer++)
                made.Add(ChannelMemory.CreateForReaders($"{options.Name} buffer {buffer}", options.BufferBytes));
            return new(options, made[0], [.. made[1..]]);
        }
        catch
        {
            made.ForEach(static memory => memory.Dispose());
            throw;
        }
    }

    /// <summary>
    /// Closes the channel: subscribers receive what was published, then the end. Loans that are still out stay usable until they are returned; the memory goes with the last. Waits for a buffer
    /// end with <see cref="ObjectDisposedException"/>.
    /// </summary>
    public void Dispose()
    {
        using (_gate.Enter())
        {
            if (_ended)
                return;
            _ended = true;
            foreach (ChannelMember? member in _members)
            {
                if (member is not null)
                    Remove(member, ChannelEndReason.Closed);
            }

            if (_latestBuffer >= 0)
                _ledger.Release(_latestBuffer, BufferLedger.Latest);
            CloseMemoryIfQuiet();
        }

        TakeLeave();
    }

    /// <summary>A window on a loaned buffer.</summary>
    internal Span<byte> Window(FrameLoan loan, ulong offset, int length)
    {
        // Not under the lock: the loan keeps the memory, and it is the caller's.
        if (!IsCurrent(loan))
            throw LoanIsOver();
        return _buffers[loan.Buffer].Mapping.Window(offset, length);
    }

    internal ulong BufferBytes => _options.BufferBytes;

    internal bool IsCurrent(in FrameLoan loan) => Volatile.Read(ref _loanIds[loan.Buffer]) == loan.Id;

    private static DmaBufException LoanIsOver() =>
        new(Errno.EINVAL, "A loan was used that had been published or returned before. Take a new one for each frame.");

    private void WriteBoard()
    {
        MemoryWords words = _board.Words;
        words.Write32(ChannelLayout.Board.VersionNumber, ChannelLayout.Version);
        words.Write32(ChannelLayout.Board.BufferCount, (uint)_options.BufferCount);
        words.Write64(ChannelLayout.Board.BufferBytes, _options.BufferBytes);
        words.Write32(ChannelLayout.Board.SlotCount, (uint)ChannelLayout.SlotsFor(_options.BufferCount));
        words.Write32(ChannelLayout.Board.UserBytesLimit, (uint)_options.MaximumUserBytes);
        words.Write32(ChannelLayout.Board.HeaderStride, (uint)ChannelLayout.Board.StrideFor(_options.MaximumUserBytes));
        words.Write64(ChannelLayout.Board.Magic, ChannelLayout.Board.MagicValue);
    }

    private void CloseMemoryIfQuiet()
    {
        Debug.Assert(_gate.IsHeld, "The memory ends under the lock.");
        if (!_ended || _memoryClosed || !_ledger.IsQuiet)
            return;
        _memoryClosed = true;
        _board.Dispose();
        foreach (ChannelMemory buffer in _buffers)
            buffer.Dispose();
    }
}
