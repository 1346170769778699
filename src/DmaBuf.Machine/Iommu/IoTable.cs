namespace DmaBuf.Machine;

/// <summary>One table of the tree: words, the tables below it, and how many slots are in use.</summary>
/// <remarks>Not thread-safe: its page table's owner locks.</remarks>
internal sealed class IoTable(int level, int shift, int slots)
{
    /// <summary>0 for the tables of the smallest pages, 3 for the root.</summary>
    public int Level => level;

    /// <summary>The binary logarithm of the bytes that one slot stands for.</summary>
    public int Shift => shift;

    public ulong SlotMask => (1UL << shift) - 1;

    public ulong[] Words { get; } = new ulong[slots];

    /// <summary>Below a word that is a branch; empty in the tables of the smallest pages.</summary>
    public IoTable?[] Children { get; } = level == 0 ? [] : new IoTable?[slots];

    public int Used { get; set; }

    public int Branches { get; set; }

    public int SlotOf(ulong address) => (int)(address >> shift) & (slots - 1);
}
