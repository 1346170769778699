namespace DmaBuf.Machine.Tests;

/// <summary>The walker's vectors (spec 7.8 and B.6), with batches of one, two and many runs.</summary>
public sealed class PhysicalPageReaderTests
{
    public static TheoryData<string, string, ulong, ulong, ulong, string> Vectors { get; } = new()
    {
        // Entries as frame:pages, start byte, first page, count, runs as frame:pages.
        { "example", "10000:4 20000:2 10004:2 30000:8", 0x3000, 0, 6, "10003:1 20000:2 10004:2 30000:1" },
        { "1", "100:4", 0, 0, 4, "100:4" },
        { "2", "100:4", 0, 1, 2, "101:2" },
        { "3", "100:2 102:2", 0, 0, 4, "100:4" },
        { "4", "100:2 200:2", 0, 1, 2, "101:1 200:1" },
        { "5", "200:2 100:2", 0, 0, 4, "200:2 100:2" },
        { "6", "100:1 100:1 100:1", 0, 0, 3, "100:1 100:1 100:1" },
        { "8", "100:4", 0x1000, 0, 2, "101:2" },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Runs_are_those_of_the_vector_whatever_a_batch_holds(string vector, string entries, ulong start, ulong first, ulong count, string runs)
    {
        foreach (int capacity in new[] { 1, 2, 64 })
        {
            Assert.Equal(runs, string.Join(' ', Merge(Walk(Parse(entries), start, first, count, capacity))));
        }

        Assert.NotEmpty(vector);
    }

    [Fact]
    public void Five_single_pages_need_three_batches_of_two()
    {
        PhysicalRange[] entries = [.. Enumerable.Range(0, 64).Select(static page => new PhysicalRange(ListExporter.PageAt(page), 4096))];
        Assert.Equal([2, 2, 1], Walk(entries, 0, 10, 5, capacity: 2).Select(static batch => batch.Count));
    }

    [Fact]
    public void A_list_that_ends_too_early_is_EFAULT_at_the_page_that_it_lacks()
    {
        PageFrameBatch batch = new(8);
        DmaBufException ended = Expect.Fails(Errno.EFAULT, () => new PhysicalPageReader(Parse("100:4"), PhysicalMemoryKind.Mmio, 0).Fill(batch, 3, 4));
        Assert.Contains("page 4", ended.Message, StringComparison.Ordinal);
        Assert.Equal((0x103UL, 1U), batch[0]);
        Expect.Fails(Errno.EFAULT, () => new PhysicalPageReader([], PhysicalMemoryKind.Mmio, 0).Fill(batch, 0, 0));
    }

    [Fact]
    public void A_reader_that_goes_back_begins_again()
    {
        PageFrameBatch batch = new(8);
        PhysicalPageReader reader = new(Parse("100:2 200:2"), PhysicalMemoryKind.Mmio, 0);
        Assert.Equal(4UL, reader.Fill(batch, 3, 3));
        batch.Clear();
        Assert.Equal(1UL, reader.Fill(batch, 0, 0));
        Assert.Equal((0x100UL, 1U), batch[0]);
    }

    [Fact]
    public void A_batch_is_of_one_kind_and_never_counts_over()
    {
        PageFrameBatch batch = new(2);
        Assert.True(batch.TryAdd(0, uint.MaxValue, PhysicalMemoryKind.Mmio));
        Assert.False(batch.TryAdd(uint.MaxValue, 1, PhysicalMemoryKind.Ram));
        Assert.True(batch.TryAdd(uint.MaxValue, 1, PhysicalMemoryKind.Mmio));
        Assert.False(batch.TryAdd(7, 1, PhysicalMemoryKind.Mmio));
        Assert.Equal((2, 1UL << 32, PhysicalMemoryKind.Mmio), (batch.Count, batch.TotalPages, batch.Kind));
        Expect.Fails(Errno.EINVAL, static () => _ = new PageFrameBatch(0));
    }

    private static PhysicalRange[] Parse(string entries) => [.. entries.Split(' ').Select(static entry =>
    {
        string[] parts = entry.Split(':');
        return new PhysicalRange(
            new PhysicalAddress(Convert.ToUInt64(parts[0], 16) * 4096), ulong.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) * 4096);
    })];

    private static List<List<(ulong Frame, uint Pages)>> Walk(PhysicalRange[] entries, ulong start, ulong first, ulong count, int capacity)
    {
        PhysicalPageReader reader = new(entries, PhysicalMemoryKind.Mmio, start);
        PageFrameBatch batch = new(capacity);
        List<List<(ulong, uint)>> batches = [];
        for (ulong index = first; index < first + count;)
        {
            batch.Clear();
            index = reader.Fill(batch, index, first + count - 1);
            batches.Add([.. Enumerable.Range(0, batch.Count).Select(run => batch[run])]);
        }

        return batches;
    }

    // Aliases stay apart, because a run never continues into the frame that it began with.
    private static IEnumerable<string> Merge(List<List<(ulong Frame, uint Pages)>> batches)
    {
        PageFrameBatch all = new(64);
        foreach ((ulong frame, uint pages) in batches.SelectMany(static batch => batch))
        {
            Assert.True(all.TryAdd(frame, pages, PhysicalMemoryKind.Mmio));
        }

        return Enumerable.Range(0, all.Count).Select(run => $"{all[run].Frame:x}:{all[run].Pages}");
    }
}
