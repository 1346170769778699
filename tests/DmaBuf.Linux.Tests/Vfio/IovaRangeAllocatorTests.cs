namespace DmaBuf.Linux.Tests.Vfio;

/// <summary>Addresses come from the valid ranges only, lowest first, never zero, never twice.</summary>
public sealed class IovaRangeAllocatorTests
{
    private const ulong Page = 0x1000;
    private static readonly IovaLimits s_limits = new(Page, [Range(0, 0x10000), Range(0x100000, 0x40000)]);

    [Fact]
    public void The_lowest_aligned_run_comes_first_and_address_zero_never()
    {
        IovaRangeAllocator addresses = new(s_limits);
        Assert.Equal(Range(0x1000, Page), addresses.Allocate(Page));
        Assert.Equal(Range(0x4000, 4 * Page), addresses.Allocate(4 * Page));
        Assert.Equal(Range(0x2000, 2 * Page), addresses.Allocate(2 * Page));
        Assert.Equal(Range(0x100000, 0x20000), addresses.Allocate(0x20000));
    }

    [Fact]
    public void What_is_full_is_ENOSPC_and_free_again_after_a_free()
    {
        IovaRangeAllocator addresses = new(s_limits, last: new DmaAddress(0xFFFF));
        DmaRange all = addresses.Allocate(8 * Page);
        Assert.Equal(Errno.ENOSPC, Assert.Throws<DmaBufException>(() => addresses.Allocate(8 * Page)).Errno);
        addresses.Free(all);
        Assert.Equal(all, addresses.Allocate(8 * Page));
    }

    [Fact]
    public void A_reserved_run_is_left_out_and_one_that_overlaps_is_EEXIST()
    {
        IovaRangeAllocator addresses = new(s_limits);
        addresses.Reserve(Range(0x1000, 3 * Page));
        Assert.Equal(Range(0x4000, Page), addresses.Allocate(Page));
        Assert.Equal(Errno.EEXIST, Assert.Throws<DmaBufException>(() => addresses.Reserve(Range(0x3000, Page))).Errno);
        addresses.Reserve(Range(0x5000, Page));
    }

    [Theory]
    [InlineData(0x0, 0x1000)]
    [InlineData(0x1800, 0x1000)]
    [InlineData(0xF000, 0x2000)]
    [InlineData(0x50000, 0x1000)]
    [InlineData(0xFFFFFFFFFFFFF000, 0x2000)]
    [InlineData(0x1000, 0x0)]
    [InlineData(0x1000, 0x800)]
    public void A_run_that_is_unaligned_empty_or_outside_is_EINVAL(ulong start, ulong length)
    {
        IovaRangeAllocator addresses = new(s_limits);
        Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => addresses.Reserve(Range(start, length))).Errno);
    }

    [Fact]
    public void Freeing_what_is_not_handed_out_is_EINVAL()
    {
        IovaRangeAllocator addresses = new(s_limits);
        DmaRange range = addresses.Allocate(2 * Page);
        Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => addresses.Free(range with { Length = Page })).Errno);
        addresses.Free(range);
        Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => addresses.Free(range)).Errno);
        Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => new IovaRangeAllocator(s_limits, new DmaAddress(0xFFF))).Errno);
    }

    [Fact]
    public void Runs_never_overlap_whatever_the_order()
    {
        Random random = new(7);
        IovaRangeAllocator addresses = new(s_limits);
        List<DmaRange> live = [];
        for (int step = 0; step < 2000; step++)
        {
            if (live.Count != 0 && random.Next(3) == 0)
            {
                int which = random.Next(live.Count);
                addresses.Free(live[which]);
                live.RemoveAt(which);
                continue;
            }

            try
            {
                DmaRange range = addresses.Allocate((ulong)random.Next(1, 9) * Page);
                Assert.DoesNotContain(live, other => other.Start.Value < range.Start.Value + range.Length && range.Start.Value < other.Start.Value + other.Length);
                Assert.Contains(s_limits.Ranges, valid => valid.Start <= range.Start && range.Start.Value + range.Length <= valid.Start.Value + valid.Length);
                live.Add(range);
            }
            catch (DmaBufException full) when (full.Errno == Errno.ENOSPC)
            {
                Assert.True(live.Count > 4);
            }
        }
    }

    private static DmaRange Range(ulong start, ulong length) => new(new DmaAddress(start), length);
}
