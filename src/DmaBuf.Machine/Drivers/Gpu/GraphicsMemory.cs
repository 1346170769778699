namespace DmaBuf.Machine;

/// <summary>
/// One place in which a graphics buffer lies or lay, and how many need it: the buffer itself while it is there, each mapping that leads there, and a copy under way. The
/// last to let go frees it, so an address that a mapping holds never leads to another buffer's bytes.
/// </summary>
internal sealed class GraphicsMemory(GraphicsProcessor owner, GraphicsPlacement placement, PhysicalRange[] ranges)
{
    private const int PieceLength = 1 << 16;

    private int _users = 1;

    internal GraphicsPlacement Placement => placement;

    internal PhysicalRange[] Ranges => ranges;

    internal void Take() => Interlocked.Increment(ref _users);

    internal void Drop()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            owner.Free(this);
        }
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

    /// <summary>The GPU's copy engine: all bytes, to a place of the same size.</summary>
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
