using System.Numerics;

namespace DmaBuf.Machine;

/// <summary>
/// The translations of one domain: a tree of four levels over 48-bit addresses.
/// </summary>
/// <remarks>
/// Theory: the root's slots stand for 512 GiB each, those below for 1 GiB, 2 MiB and the smallest page (4 KiB in 512 slots, or 2 KiB in 1024).
/// A slot holds nothing, a page (a <i>leaf</i>; never in the root) or the next table (a <i>branch</i>). A run is mapped with the largest pages
/// to which its address, its physical address and its length allow; removing a part of a page first <i>splits</i> it into a table of the next
/// smaller ones; a table whose slots have all become one aligned run with the same permissions is <i>merged</i> into a page.
/// Invariant: no table but the root is empty, so that a used slot always means that something is mapped in it.
/// The walks over many slots treat the partial slots at both ends apart; what lies between is filled, counted and cleared in bulk.
/// Not thread-safe: the domain locks. Addresses are multiples of the smallest page, ends at most 2^48: the domain checks.
/// </remarks>
internal sealed class IoPageTable
{
    public const ulong AddressEnd = 1UL << IoTablePool.AddressBits;

    private const int LargestLeafLevel = 2;
    private const int LeafTableShift = 21;

    private readonly bool _hugePages;
    private readonly IoTablePool _pool;
    private readonly IoTable _root;

    public IoPageTable(ulong smallestPage, bool hugePages)
    {
        _hugePages = hugePages;
        _pool = new IoTablePool(BitOperations.Log2(smallestPage));
        _root = _pool.Take(IoTablePool.Levels - 1);
    }

    public ulong MappedBytes { get; private set; }

    public int Tables => _pool.InUse;

    public long Splits { get; private set; }

    public long Merges { get; private set; }

    /// <summary>The largest page that a run of a length can have, if its addresses allow.</summary>
    public static ulong LargestLeafIn(ulong length, ulong smallestPage) => length switch
    {
        >= 1UL << 30 => 1UL << 30,
        >= 1UL << LeafTableShift => 1UL << LeafTableShift,
        _ => smallestPage,
    };

    /// <summary>Maps a run. False: something is mapped in it, and nothing has changed.</summary>
    public bool TryMap(Extent addresses, ulong physical, ulong flags)
    {
        if (TryFindOnlyTable(addresses, out IoTable table))
        {
            Span<ulong> words = WordsOf(table, addresses);
            if (words.ContainsAnyExcept(0UL))
            {
                return false;
            }

            if (table.Used + words.Length < table.Words.Length)
            {
                FillLeaves(table, words, physical | flags);
                return true;
            }
        }
        else if (AnyMapped(_root, addresses.Start, addresses.End))
        {
            return false;
        }

        Map(_root, addresses.Start, addresses.End, physical | flags);
        return true;
    }

    /// <summary>Removes every translation in an extent; what is not mapped there is skipped.</summary>
    public void Unmap(Extent addresses)
    {
        if (TryFindOnlyTable(addresses, out IoTable table))
        {
            Span<ulong> words = WordsOf(table, addresses);
            int present = words.Length - words.Count(0UL);
            if (present < table.Used)
            {
                ClearLeaves(table, words, present);
                return;
            }
        }

        Unmap(_root, addresses.Start, addresses.End);
    }

    /// <summary>Finds the page in which an address lies.</summary>
    public bool TryFind(ulong address, out IoPage page)
    {
        IoTable table = _root;
        while (address < AddressEnd)
        {
            int slot = table.SlotOf(address);
            ulong word = table.Words[slot];
            if (word == IoPageWord.Branch)
            {
                table = table.Children[slot]!;
                continue;
            }

            page = new IoPage(address & ~table.SlotMask, table.Shift, word);
            return word != 0;
        }

        page = default;
        return false;
    }

    private static Span<ulong> WordsOf(IoTable table, Extent addresses) =>
        table.Words.AsSpan(table.SlotOf(addresses.Start), (int)(addresses.Length >> table.Shift));

    private static bool AnyMapped(IoTable table, ulong start, ulong end)
    {
        ulong mask = table.SlotMask;
        int last = table.SlotOf(end - 1);
        for (ulong at = start; at < end; at = (at | mask) + 1)
        {
            int slot = table.SlotOf(at);
            int empty = table.Words.AsSpan(slot, last - slot + 1).IndexOfAnyExcept(0UL);
            if (empty < 0)
            {
                return false;
            }

            at = empty == 0 ? at : (at & ~mask) + ((ulong)empty << table.Shift);
            bool whole = (at & mask) == 0 && end - at > mask;
            if (whole
                || table.Words[slot + empty] != IoPageWord.Branch
                || AnyMapped(table.Children[slot + empty]!, at, Math.Min(end, (at | mask) + 1)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The table of smallest pages in which the whole extent lies, if there is one: the short way for small runs.</summary>
    private bool TryFindOnlyTable(Extent addresses, out IoTable table)
    {
        table = _root;
        if (((addresses.Start ^ (addresses.End - 1)) >> LeafTableShift) != 0)
        {
            return false;
        }

        while (table.Level != 0)
        {
            IoTable? below = table.Children[table.SlotOf(addresses.Start)];
            if (below is null)
            {
                return false;
            }

            table = below;
        }

        return true;
    }

    private void Map(IoTable table, ulong start, ulong end, ulong word)
    {
        ulong mask = table.SlotMask;
        ulong length;
        for (ulong at = start; at < end; at += length, word += length)
        {
            bool whole = (at & mask) == 0 && end - at > mask;
            if (whole && MayBeLeaf(table, word))
            {
                length = (end - at) & ~mask;
                FillLeaves(table, WordsOf(table, new Extent(at, at + length)), word);
            }
            else
            {
                length = Math.Min(end, (at | mask) + 1) - at;
                MapBelow(table, at, at + length, word);
            }
        }
    }

    private bool MayBeLeaf(IoTable table, ulong word) =>
        table.Level == 0 || (_hugePages && table.Level <= LargestLeafLevel && (IoPageWord.PhysicalOf(word) & table.SlotMask) == 0);

    private void MapBelow(IoTable table, ulong start, ulong end, ulong word)
    {
        int slot = table.SlotOf(start);
        IoTable? child = table.Children[slot];
        if (child is null)
        {
            child = Branch(table, slot);
            table.Used++;
        }

        Map(child, start, end, word);
        if (MayMerge(table, child))
        {
            table.Words[slot] = child.Words[0];
            child.Words.AsSpan().Clear();
            child.Used = 0;
            Cut(table, slot, child);
            Merges++;
        }
    }

    private bool MayMerge(IoTable table, IoTable child) =>
        child.Used == child.Words.Length
        && child.Branches == 0
        && table.Level <= LargestLeafLevel
        && MayBeLeaf(table, child.Words[0])
        && IoWordRun.Is(child.Words, child.SlotMask + 1);

    private void Unmap(IoTable table, ulong start, ulong end)
    {
        ulong mask = table.SlotMask;
        ulong length;
        for (ulong at = start; at < end; at += length)
        {
            if ((at & mask) == 0 && end - at > mask)
            {
                length = (end - at) & ~mask;
                UnmapWhole(table, table.SlotOf(at), (int)(length >> table.Shift));
            }
            else
            {
                length = Math.Min(end, (at | mask) + 1) - at;
                UnmapBelow(table, at, at + length);
            }
        }
    }

    private void UnmapWhole(IoTable table, int slot, int count)
    {
        Span<ulong> words = table.Words.AsSpan(slot, count);
        if (table.Branches == 0)
        {
            ClearLeaves(table, words, count == table.Words.Length ? table.Used : count - words.Count(0UL));
            return;
        }

        for (int index = 0; index < count; index++)
        {
            if (words[index] == IoPageWord.Branch)
            {
                IoTable child = table.Children[slot + index]!;
                UnmapWhole(child, 0, child.Words.Length);
                RemoveEmpty(table, slot + index, child);
            }
            else if (words[index] != 0)
            {
                ClearLeaves(table, words.Slice(index, 1), 1);
            }
        }
    }

    private void UnmapBelow(IoTable table, ulong start, ulong end)
    {
        int slot = table.SlotOf(start);
        ulong word = table.Words[slot];
        if (word == 0)
        {
            return;
        }

        IoTable child = word == IoPageWord.Branch ? table.Children[slot]! : Split(table, slot, word);
        Unmap(child, start, end);
        if (child.Used == 0)
        {
            RemoveEmpty(table, slot, child);
        }
    }

    private IoTable Split(IoTable table, int slot, ulong word)
    {
        IoTable child = Branch(table, slot);
        IoWordRun.Fill(child.Words, word, child.SlotMask + 1);
        child.Used = child.Words.Length;
        Splits++;
        return child;
    }

    private IoTable Branch(IoTable table, int slot)
    {
        IoTable child = _pool.Take(table.Level - 1);
        table.Words[slot] = IoPageWord.Branch;
        table.Children[slot] = child;
        table.Branches++;
        return child;
    }

    private void RemoveEmpty(IoTable table, int slot, IoTable child)
    {
        table.Words[slot] = 0;
        table.Used--;
        Cut(table, slot, child);
    }

    private void Cut(IoTable table, int slot, IoTable child)
    {
        table.Children[slot] = null;
        table.Branches--;
        _pool.Give(child);
    }

    private void FillLeaves(IoTable table, Span<ulong> words, ulong word)
    {
        IoWordRun.Fill(words, word, table.SlotMask + 1);
        table.Used += words.Length;
        MappedBytes += (ulong)words.Length << table.Shift;
    }

    private void ClearLeaves(IoTable table, Span<ulong> words, int present)
    {
        words.Clear();
        table.Used -= present;
        MappedBytes -= (ulong)present << table.Shift;
    }
}
