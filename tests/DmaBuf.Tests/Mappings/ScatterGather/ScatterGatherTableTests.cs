using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>A table's life: reading, release, reuse of its array; and tables that exporters fill themselves.</summary>
public sealed class ScatterGatherTableTests
{
    [Fact]
    public void After_release_every_access_throws()
    {
        ScatterGatherBacking backing = Build(DeviceWithBlocks(), SameSwitch(), Range(0, Page));
        ScatterGatherTable table = backing.Table;
        Assert.False(table.IsReleased);
        backing.Release();
        Assert.True(table.IsReleased);
        Assert.Throws<ObjectDisposedException>(() => table.Entries.Length);
        Assert.Throws<ObjectDisposedException>(() => table.Count);
        Assert.Throws<ObjectDisposedException>(() => table.TotalLength);
        Assert.Equal("released table", table.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(5000)]
    [InlineData(65536)]
    public void The_next_table_reuses_the_array_of_a_released_one(int count)
    {
        PhysicalRange[] ranges = Pages(count);
        ScatterGatherBacking first = Build(DeviceWithBlocks(), SameSwitch(), ranges);
        ReadOnlySpan<ScatterGatherEntry> stale = first.Table.Entries;
        first.Release();
        ScatterGatherBacking second = Build(DeviceWithBlocks(), SameSwitch(), ranges);
        Assert.True(stale == second.Table.Entries);
        second.Release();
    }

    [Fact]
    public void After_a_forced_release_a_span_that_is_still_held_keeps_its_old_numbers()
    {
        ScatterGatherBacking first = Build(DeviceWithBlocks(), SameSwitch(0), Range(0x5000, Page));
        ReadOnlySpan<ScatterGatherEntry> held = first.Table.Entries;
        first.ReleaseWhileInUse();
        Assert.True(first.Table.IsReleased);
        ScatterGatherBacking second = Build(DeviceWithBlocks(), SameSwitch(0), Range(0x9000, Page));
        Assert.Equal(Entry(0x5000, Page), held[0]);
        second.Release();
    }

    [Fact]
    public void Two_living_tables_never_share_an_array()
    {
        ScatterGatherBacking[] living = [.. Enumerable.Range(1, 8).Select(index => Build(DeviceWithBlocks(), SameSwitch(0), Range((ulong)index << 20, Page)))];
        for (int index = 0; index < living.Length; index++)
            Assert.Equal((ulong)(index + 1) << 20, living[index].Table.Entries[0].Address.Value);
        foreach (ScatterGatherBacking backing in living)
            backing.Release();
    }

    [Fact]
    public void An_exporter_can_make_a_table_of_entries_that_it_has_mapped_itself()
    {
        var backing = new OwnBacking([Entry(0x1000, 0x2000), Entry(0x8000, 0x1000)]);
        Assert.Equal([Entry(0x1000, 0x2000), Entry(0x8000, 0x1000)], backing.Table.Entries.ToArray());
        Assert.Equal(0x3000UL, backing.Table.TotalLength);
        Assert.Equal("2 entries, 12288 bytes", backing.Table.ToString());
        backing.Release();
        backing.Release();
        Assert.Equal(1, backing.Undone);
    }

    [Fact]
    public void Entries_that_break_the_rules_of_a_table_are_refused()
    {
        ScatterGatherTableBuilderTests.AssertErrno(Errno.EINVAL, () => new OwnBacking([]));
        ScatterGatherTableBuilderTests.AssertErrno(Errno.EINVAL, () => new OwnBacking([Entry(0x1000, 0)]));
        ScatterGatherTableBuilderTests.AssertErrno(Errno.EINVAL, () => new OwnBacking([Entry(0x1000, 0x1000), Entry(0x1001, 0x1000)]));
        ScatterGatherTableBuilderTests.AssertErrno(Errno.EINVAL, () => new OwnBacking([Entry(0x1000, 0x1001)]));
        ScatterGatherTableBuilderTests.AssertErrno(Errno.EOVERFLOW, () => new OwnBacking([Entry(0xFFFF_FFFF_FFFF_F000, 0x1000)]));
    }

    internal static PhysicalRange[] Pages(int count) => [.. Enumerable.Range(0, count).Select(index => Range((ulong)index * 2 * Page, Page))];

    private sealed class OwnBacking(ScatterGatherEntry[] entries) : ScatterGatherBacking(entries, MappingCost.None)
    {
        internal int Undone { get; private set; }

        protected override void Undo() => Undone++;
    }
}
