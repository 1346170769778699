namespace DmaBuf.Bench;

/// <summary>The physical ranges that tables are built from, the twin's: 1 to 8 pages each with gaps between them, none long enough to be cut.</summary>
internal static class TableRanges
{
    /// <summary>What turns a physical address into a bus address.</summary>
    public const ulong BusOffset = 0x1_0000_0000;

    /// <summary>The sizes in the report's order.</summary>
    public static IReadOnlyList<int> Sizes { get; } = [1, 64, 4096, 65536];

    /// <summary>The number as a row names it.</summary>
    public static string Describe(int count) => count == 1 ? "1 range" : $"{count} ranges";

    /// <summary>So many ranges.</summary>
    public static PhysicalRange[] Create(int count)
    {
        var ranges = new PhysicalRange[count];
        ulong address = 0x4000_0000;
        for (int i = 0; i < count; i++)
        {
            ulong length = (1 + ((ulong)i % 8)) * MemoryPage.Size;
            ranges[i] = new PhysicalRange(new PhysicalAddress(address), length);
            address += length + MemoryPage.Size;
        }

        return ranges;
    }
}
