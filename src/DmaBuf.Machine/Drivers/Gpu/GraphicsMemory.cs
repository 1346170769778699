namespace DmaBuf.Machine;

/// <summary>
/// One place in which a graphics buffer lies or lay, and how many need it: the buffer itself while it is there, each mapping that leads there, and a copy under way. The
/// last to let go frees it, so an address that a mapping holds never leads to another buffer's bytes.
/// </summary>
/// <remarks>
/// A place into which a copy failed is <i>lost</i>: every mapping that leads there is taken away, and no other is made, so that nobody reads what was not copied. Its
/// <i>origin</i> is the place that has the bytes still, if there is one. Safe for all threads; its lock is a leaf.
/// </remarks>
internal sealed class GraphicsMemory(GraphicsProcessor owner, GraphicsPlacement placement, PhysicalRange[] ranges)
{
    private const int PieceLength = 1 << 16;

    private readonly Lock _lock = new();
    private readonly HashSet<GraphicsMemoryBacking> _mapped = [];
    private GraphicsMemory? _origin;
    private bool _isLost;
    private int _users = 1;

    internal GraphicsPlacement Placement => placement;

    internal PhysicalRange[] Ranges => ranges;

    internal bool IsLost
    {
        get
        {
            lock (_lock)
            {
                return _isLost;
            }
        }
    }

    /// <summary>Of a lost place: where the bytes are still; null: nowhere.</summary>
    internal GraphicsMemory? Origin
    {
        get
        {
            lock (_lock)
            {
                return _origin;
            }
        }
    }

    internal void Take() => Interlocked.Increment(ref _users);

    internal void Drop()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            owner.Free(this);
            _origin?.Drop();
        }
    }

    /// <summary>Notes a mapping that leads here.</summary>
    /// <exception cref="DmaBufException">ENODEV: lost.</exception>
    internal void Enter(GraphicsMemoryBacking mapping)
    {
        lock (_lock)
        {
            if (_isLost)
            {
                throw new DmaBufException(Errno.ENODEV, $"A buffer of {owner.Name} cannot be mapped: the GPU was removed while the bytes were moving. Export another one.");
            }

            _mapped.Add(mapping);
        }
    }

    internal void Leave(GraphicsMemoryBacking mapping)
    {
        lock (_lock)
        {
            _mapped.Remove(mapping);
        }
    }

    /// <summary>The bytes have not arrived and will not. When it returns, no device reaches this place through a mapping that could be taken away.</summary>
    internal void Lose(GraphicsMemory? origin)
    {
        GraphicsMemoryBacking[] mapped;
        origin?.Take();
        lock (_lock)
        {
            _isLost = true;
            _origin = origin;
            mapped = [.. _mapped];
        }

        Array.ForEach(mapped, static mapping => mapping.TakeAway());
    }

    internal void Clear()
    {
        byte[] zeros = new byte[PieceLength];
        ForEachPiece(0, ranges.Aggregate(0UL, static (sum, range) => sum + range.Length), (address, _, count) => owner.Machine.Memory.Write(address, zeros.AsSpan(0, count)));
    }

    internal void Read(ulong offset, Memory<byte> destination)
        => ForEachPiece(offset, (ulong)destination.Length, (address, done, count) => owner.Machine.Memory.Read(address, destination.Span.Slice((int)done, count)));

    internal void Write(ulong offset, ReadOnlyMemory<byte> source)
        => ForEachPiece(offset, (ulong)source.Length, (address, done, count) => owner.Machine.Memory.Write(address, source.Span.Slice((int)done, count)));

    /// <summary>The CPU copies all bytes to a place of the same size.</summary>
    internal void CopyTo(GraphicsMemory target, ulong size)
    {
        byte[] piece = new byte[PieceLength];
        ForEachPiece(0, size, (address, done, count) =>
        {
            owner.Machine.Memory.Read(address, piece.AsSpan(0, count));
            target.Write(done, piece.AsMemory(0, count));
        });
    }

    // Cuts a part into pieces that each lie in one range; the action gets where it is, how far it is from the part's start, and how long it is.
    private void ForEachPiece(ulong offset, ulong length, Action<PhysicalAddress, ulong, int> action)
    {
        ulong done = 0;
        foreach (PhysicalRange range in ranges)
        {
            if (offset >= range.Length)
            {
                offset -= range.Length;
                continue;
            }

            while (done < length && offset < range.Length)
            {
                int count = (int)Math.Min(PieceLength, Math.Min(length - done, range.Length - offset));
                action(new PhysicalAddress(range.Start.Value + offset), done, count);
                offset += (ulong)count;
                done += (ulong)count;
            }

            offset = 0;
        }
    }
}
