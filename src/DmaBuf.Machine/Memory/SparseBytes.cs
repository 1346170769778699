namespace DmaBuf.Machine;

/// <summary>
/// Bytes of which only touched pages cost memory: a three-level tree of page, 2 MiB table and 1 GiB directory. What was never written
/// reads as zero and is not stored.
/// </summary>
/// <remarks>
/// Lock-free: tables and pages are published once by compare-and-swap. Concurrent accesses to the same bytes race as they do on real
/// memory.
/// </remarks>
internal sealed class SparseBytes
{
    private const int PageShift = 12;
    private const int TableShift = 21;
    private const int DirectoryShift = 30;
    private const int Fanout = 512;

    private readonly byte[]?[]?[]?[] _directories;
    private long _committed;

    public SparseBytes(ulong length) => _directories = new byte[]?[]?[]?[checked((int)((length + (1UL << DirectoryShift) - 1) >> DirectoryShift))];

    /// <summary>Bytes that are really stored.</summary>
    public ulong CommittedBytes => (ulong)Volatile.Read(ref _committed);

    public void Read(ulong offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int start = (int)(offset & (MachinePage.Size - 1));
            int count = Math.Min(destination.Length, (int)MachinePage.Size - start);
            byte[]? page = FindPage(offset);
            if (page is null)
            {
                destination[..count].Clear();
            }
            else
            {
                page.AsSpan(start, count).CopyTo(destination);
            }

            destination = destination[count..];
            offset += (ulong)count;
        }
    }

    public void Write(ulong offset, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            int start = (int)(offset & (MachinePage.Size - 1));
            int count = Math.Min(source.Length, (int)MachinePage.Size - start);
            source[..count].CopyTo(TouchPage(offset).AsSpan(start));
            source = source[count..];
            offset += (ulong)count;
        }
    }

    /// <summary>Forgets whole pages: they read as zero again and cost nothing.</summary>
    public void Discard(ulong offset, ulong length)
    {
        ulong end = offset + length;
        while (offset < end)
        {
            byte[]?[]? table = FindTable(offset);
            ulong tableEnd = Math.Min(end, ((offset >> TableShift) + 1) << TableShift);
            if (table is not null)
            {
                DiscardIn(table, offset, tableEnd);
            }

            offset = tableEnd;
        }
    }

    private void DiscardIn(byte[]?[] table, ulong offset, ulong end)
    {
        for (; offset < end; offset += MachinePage.Size)
        {
            if (Interlocked.Exchange(ref table[PageIndex(offset)], null) is not null)
            {
                Interlocked.Add(ref _committed, -(long)MachinePage.Size);
            }
        }
    }

    private byte[]?[]? FindTable(ulong offset)
    {
        byte[]?[]?[]? directory = Volatile.Read(ref _directories[(int)(offset >> DirectoryShift)]);
        return directory is null ? null : Volatile.Read(ref directory[TableIndex(offset)]);
    }

    private byte[]? FindPage(ulong offset)
    {
        byte[]?[]? table = FindTable(offset);
        return table is null ? null : Volatile.Read(ref table[PageIndex(offset)]);
    }

    private byte[] TouchPage(ulong offset)
    {
        byte[]?[]?[] directory = Publish(ref _directories[(int)(offset >> DirectoryShift)], Fanout, out _);
        byte[]?[] table = Publish(ref directory[TableIndex(offset)], Fanout, out _);
        byte[] page = Publish(ref table[PageIndex(offset)], (int)MachinePage.Size, out bool created);
        if (created)
        {
            Interlocked.Add(ref _committed, (long)MachinePage.Size);
        }

        return page;
    }

    private static T[] Publish<T>(ref T[]? slot, int length, out bool created)
    {
        created = false;
        T[]? present = Volatile.Read(ref slot);
        if (present is not null)
        {
            return present;
        }

        T[] fresh = new T[length];
        present = Interlocked.CompareExchange(ref slot, fresh, null);
        created = present is null;
        return present ?? fresh;
    }

    private static int TableIndex(ulong offset) => (int)(offset >> TableShift) & (Fanout - 1);

    private static int PageIndex(ulong offset) => (int)(offset >> PageShift) & (Fanout - 1);
}
