namespace DmaBuf.Machine;

/// <summary>What each device driver does with a table: walk its entries from an offset and let the device move the bytes.</summary>
internal static class TableTransfer
{
    internal static void Read(DmaEngineDevice engine, ScatterGatherMapping mapping, ulong offset, Span<byte> destination)
    {
        using ScatterGatherLease lease = mapping.ReadTable();
        foreach (ScatterGatherEntry entry in lease.Entries)
        {
            if (TryTakePiece(entry, ref offset, destination.Length, out DmaAddress address, out int count))
            {
                engine.Read(address, destination[..count]);
                destination = destination[count..];
            }
        }
    }

    internal static void Write(DmaEngineDevice engine, ScatterGatherMapping mapping, ulong offset, ReadOnlySpan<byte> source)
    {
        using ScatterGatherLease lease = mapping.ReadTable();
        foreach (ScatterGatherEntry entry in lease.Entries)
        {
            if (TryTakePiece(entry, ref offset, source.Length, out DmaAddress address, out int count))
            {
                engine.Write(address, source[..count]);
                source = source[count..];
            }
        }
    }

    internal static void RequireInside(DmaBuffer buffer, ulong offset, int length)
    {
        if (offset > buffer.Size || (ulong)length > buffer.Size - offset)
        {
            throw new DmaBufException(Errno.EINVAL, $"{length} bytes at {offset} are not inside '{buffer}', which has {buffer.Size}. Stay inside.");
        }
    }

    // The offset is counted from the entry's start, and on return from the next one's. False: the piece does not touch this entry.
    private static bool TryTakePiece(ScatterGatherEntry entry, ref ulong offset, int wanted, out DmaAddress address, out int count)
    {
        if (wanted == 0 || offset >= entry.Length)
        {
            offset -= Math.Min(offset, entry.Length);
            (address, count) = (default, 0);
            return false;
        }

        address = new DmaAddress(entry.Address.Value + offset);
        count = (int)Math.Min(entry.Length - offset, (ulong)wanted);
        offset = 0;
        return true;
    }
}
