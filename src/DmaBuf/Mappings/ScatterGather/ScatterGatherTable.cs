using System.Diagnostics;

namespace DmaBuf;

/// <summary>
/// Where a buffer's bytes lie as one device addresses them (<c>struct sg_table</c>, its DMA half only). The order of the entries is the order of
/// the bytes; the lengths sum to the buffer's size; all addresses and lengths are page aligned.
/// </summary>
/// <remarks>
/// <para>Immutable to importers. It lives as long as its mapping: the owner of its <see cref="ScatterGatherBacking"/> releases it on unmap, and from then
/// on every access throws <see cref="ObjectDisposedException"/>. Reading is safe from several threads.</para>
/// <para>The entries lie in a pooled array. A span taken before the unmap must not be used after it; the mapping's access scope brackets that.</para>
/// </remarks>
public sealed class ScatterGatherTable
{
    /// <summary>
    /// The largest length of one entry in bytes: the largest page multiple below 2^32. A longer run is cut into pieces of this length, so that every
    /// piece stays page aligned. (The kernel series cuts at 0xFFFFFFFF and loses the alignment.)
    /// </summary>
    public const uint MaximumEntryLength = 0xFFFF_F000;

    private readonly int _count;
    private readonly ulong _totalLength;
    private ScatterGatherEntry[]? _entries;

    // Takes ownership of a rented array, of which the first count elements become the table.
    private ScatterGatherTable(ScatterGatherEntry[] rentedEntries, int count, ulong totalLength)
    {
        _entries = rentedEntries;
        _count = count;
        _totalLength = totalLength;
    }

    /// <summary>The entries, in the order of the buffer's bytes. Do not keep the span past unmap.</summary>
    /// <exception cref="ObjectDisposedException">The mapping was unmapped.</exception>
    public ReadOnlySpan<ScatterGatherEntry> Entries => LiveEntries().AsSpan(0, _count);

    /// <summary>The number of entries (<c>nents</c>), at least one.</summary>
    /// <exception cref="ObjectDisposedException">The mapping was unmapped.</exception>
    public int Count
    {
        get
        {
            LiveEntries();
            return _count;
        }
    }

    /// <summary>The sum of all lengths in bytes: the buffer's size.</summary>
    /// <exception cref="ObjectDisposedException">The mapping was unmapped.</exception>
    public ulong TotalLength
    {
        get
        {
            LiveEntries();
            return _totalLength;
        }
    }

    /// <summary>True once the owner has released the table; the only member that may then still be read.</summary>
    public bool IsReleased => Volatile.Read(ref _entries) is null;

    /// <summary>The entries and length, for a person; says so if the table was released.</summary>
    public override string ToString() => IsReleased ? "released table" : $"{_count} entries, {_totalLength} bytes";

    /// <summary>A table whose entries, any contents at first, are yet to be written through <see cref="EntriesToFill"/>.</summary>
    /// <exception cref="DmaBufException">ENOMEM.</exception>
    internal static ScatterGatherTable Allocate(ulong count, ulong totalLength)
    {
        return new ScatterGatherTable(ScatterGatherEntryPool.Rent(count), (int)count, totalLength);
    }

    /// <summary>The same entries, writable: for the builder, before anybody else sees the table.</summary>
    internal Span<ScatterGatherEntry> EntriesToFill => LiveEntries().AsSpan(0, _count);

    /// <summary>Ends the table and lets the next one reuse its array. Never throws; the owner calls this or <see cref="Abandon"/>, once.</summary>
    internal void Release()
    {
        ScatterGatherEntry[]? entries = _entries;
        Debug.Assert(entries is not null, "A table is ended once, or its array would be lent to two tables.");
        Volatile.Write(ref _entries, null);
        ScatterGatherEntryPool.Return(entries);
    }

    /// <summary>Ends the table but leaves its array to the collector, because somebody may still hold a span over it. Never throws.</summary>
    internal void Abandon() => Volatile.Write(ref _entries, null);

    private ScatterGatherEntry[] LiveEntries() => Volatile.Read(ref _entries) ?? throw Released();

    private static ObjectDisposedException Released()
    {
        return new ObjectDisposedException(nameof(ScatterGatherTable), "The scatter/gather table was released by unmap; map again for a new one.");
    }
}
