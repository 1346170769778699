using System.Diagnostics;

namespace DmaBuf.Machine;

/// <summary>
/// Empty tables for reuse, so that mapping allocates nothing once it has its tables. At most <see cref="KeptPerLevel"/> of each level are
/// kept; more go to the garbage collector.
/// </summary>
/// <remarks>Not thread-safe: its page table's owner locks.</remarks>
internal sealed class IoTablePool(int smallestPageShift)
{
    public const int Levels = 4;
    public const int AddressBits = 48;

    /// <summary>1 MiB of words a level.</summary>
    private const int KeptPerLevel = 256;

    private const int LowestSpanShift = 21;
    private const int SlotShift = 9;

    private readonly Stack<IoTable>[] _kept = [new(), new(), new()];

    /// <summary>Tables in use, the root included.</summary>
    public int InUse { get; private set; }

    public IoTable Take(int level)
    {
        InUse++;
        if (level < _kept.Length && _kept[level].TryPop(out IoTable? table))
        {
            return table;
        }

        return level == 0
            ? new IoTable(0, smallestPageShift, 1 << (LowestSpanShift - smallestPageShift))
            : new IoTable(level, LowestSpanShift + ((level - 1) * SlotShift), 1 << SlotShift);
    }

    /// <summary>Takes back a table all of whose words are zero.</summary>
    public void Give(IoTable table)
    {
        Debug.Assert(table.Used == 0 && table.Branches == 0 && !table.Words.AsSpan().ContainsAnyExcept(0UL), "An empty table is given back.");
        InUse--;
        if (_kept[table.Level].Count < KeptPerLevel)
        {
            _kept[table.Level].Push(table);
        }
    }
}
