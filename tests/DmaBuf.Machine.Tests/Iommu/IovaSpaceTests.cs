using CsCheck;

namespace DmaBuf.Machine.Tests;

public sealed class IovaSpaceTests
{
    private const ulong Page = 4096;
    private const ulong Base = 0x1_0000_0000;
    private static readonly DmaAddress s_anywhere = new(ulong.MaxValue);

    [Fact]
    public void Any_sequence_of_pages_is_disjoint_aligned_below_the_limit_and_fails_only_if_nothing_fits()
    {
        const int Pages = 96;
        Gen.Select(Gen.Int[0, 2], Gen.Int[1, 20], Gen.Int[0, 4], Gen.Int[0, Pages + 8]).List[1, 120].Sample(
            steps =>
            {
                IovaAllocator allocator = new(new DmaRange(new DmaAddress(Base), Pages * Page));
                bool[] taken = new bool[Pages];
                List<DmaRange> held = [];
                foreach ((int action, int length, int alignmentShift, int choice) in steps)
                {
                    if (action == 0 && held.Count != 0)
                    {
                        DmaRange given = held[choice % held.Count];
                        held.Remove(given);
                        allocator.Free(given);
                        taken.AsSpan(PageOf(given), (int)(given.Length / Page)).Clear();
                        Expect.Fails(Errno.EINVAL, () => allocator.Free(given));
                        continue;
                    }

                    ulong alignment = Page << alignmentShift;
                    DmaAddress last = new(Base + ((ulong)choice * Page) - 1);
                    bool found = allocator.TryAllocate((ulong)length * Page, alignment, last, out DmaRange range);
                    Assert.Equal(Exists(taken, length, 1 << alignmentShift, choice), found);
                    if (found)
                    {
                        Assert.Equal(0UL, range.Start.Value & (alignment - 1));
                        Assert.True(range.Start.Value + range.Length - 1 <= last.Value);
                        Assert.False(taken.AsSpan(PageOf(range), length).Contains(true), "What is handed out was free.");
                        taken.AsSpan(PageOf(range), length).Fill(true);
                        held.Add(range);
                    }

                    Assert.Equal((ulong)taken.Count(page => page) * Page, allocator.AllocatedBytes);
                }

                held.ForEach(allocator.Free);
                Assert.True(allocator.TryAllocate(Pages * Page, Page, s_anywhere, out _), "What was freed is one run again.");
            },
            iter: 500);
    }

    [Fact]
    public void Address_zero_is_never_handed_out()
    {
        IovaAllocator allocator = new(new DmaRange(new DmaAddress(0), 4 * Page));
        Assert.False(allocator.TryAllocate(4 * Page, 1, s_anywhere, out _));
        for (ulong page = 1; page < 4; page++)
        {
            Assert.True(allocator.TryAllocate(Page, Page, s_anywhere, out DmaRange range));
            Assert.Equal(page * Page, range.Start.Value);
        }

        Assert.False(allocator.TryAllocate(1, 1, s_anywhere, out _));
        Expect.Fails(Errno.EINVAL, () => allocator.Free(new DmaRange(new DmaAddress(0), 0)));
        Expect.Fails(Errno.EINVAL, () => _ = new IovaAllocator(new DmaRange(new DmaAddress(0), Page)));
    }

    [Fact]
    public void Natural_alignment_rounds_the_length_up()
    {
        IovaAllocator allocator = new(new DmaRange(new DmaAddress(Base + Page), 64 * Page));
        Assert.True(allocator.TryAllocateNaturallyAligned(3 * Page, s_anywhere, out DmaRange three));
        Assert.Equal(Base + (4 * Page), three.Start.Value);
        Assert.True(allocator.TryAllocateNaturallyAligned(16 * Page, s_anywhere, out DmaRange sixteen));
        Assert.Equal(Base + (16 * Page), sixteen.Start.Value);
        Assert.False(allocator.TryAllocateNaturallyAligned(16 * Page, new DmaAddress(Base + (32 * Page)), out _));
        Assert.False(allocator.TryAllocateNaturallyAligned(ulong.MaxValue, s_anywhere, out _));
        Expect.Fails(Errno.EINVAL, () => allocator.TryAllocateNaturallyAligned(0, s_anywhere, out _));
        allocator.Free(three);
        allocator.Free(sixteen);
        Assert.Equal(0UL, allocator.AllocatedBytes);
    }

    [Fact]
    public void A_run_that_is_kept_for_reuse_respects_the_limit_of_the_next_request()
    {
        IovaAllocator allocator = new(new DmaRange(new DmaAddress(Base), 64 * Page));
        Assert.True(allocator.TryAllocate(Page, Page, s_anywhere, out DmaRange low));
        Assert.True(allocator.TryAllocate(Page, Page, s_anywhere, out DmaRange high));
        allocator.Free(low);
        allocator.Free(high);
        Assert.True(allocator.TryAllocate(Page, Page, new DmaAddress(Base + Page - 1), out DmaRange again));
        Assert.Equal(low, again);
        Assert.True(allocator.TryAllocate(Page, Page, s_anywhere, out again));
        Assert.Equal(high, again);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(100_000)]
    public void In_the_worst_fragmentation_the_cost_grows_with_the_logarithm(int fragments)
    {
        // Every second run of 40 pages is free: too long to be kept aside, so that each request and each free asks the tree.
        const ulong Length = 40 * Page;
        IovaSpace space = new(new Extent(Base, Base + (ulong.MaxValue >> 16)));
        List<ulong> starts = [];
        for (int index = 0; index < 2 * fragments; index++)
        {
            Assert.True(space.TryAllocate(Length, Page, ulong.MaxValue, out ulong start));
            starts.Add(start);
        }

        for (int index = 0; index < starts.Count; index += 2)
        {
            Assert.True(space.TryFree(starts[index], Length));
        }

        // A treap is about twice as deep as the logarithm; a request and its free walk it a dozen times or so.
        double bound = 12 * 3 * Math.Log2(fragments);
        AssertCosts(space, bound, () => AllocateAndFree(space, Length, Page));
        AssertCosts(space, bound, () => AllocateAndFree(space, Length + Page, Page));
        AssertCosts(space, bound, () => AllocateAndFree(space, 64 * Page, 64 * Page));
        AssertCosts(space, bound, () => AllocateAndFree(space, 33 * Page, 32 * Page));
        AssertCosts(space, bound + 64, () => AllocateAndFree(space, 39 * Page, 4096 * Page));
        Assert.Equal((ulong)fragments * Length, space.AllocatedBytes);
    }

    private static void AllocateAndFree(IovaSpace space, ulong length, ulong alignment)
    {
        Assert.True(space.TryAllocate(length, alignment, ulong.MaxValue, out ulong start));
        Assert.Equal(0UL, start & (alignment - 1));
        Assert.True(space.TryFree(start, length));
    }

    private static void AssertCosts(IovaSpace space, double bound, Action action)
    {
        long before = space.Steps;
        action();
        Assert.InRange(space.Steps - before, 1, (long)bound);
    }

    private static int PageOf(DmaRange range) => (int)((range.Start.Value - Base) / Page);

    private static bool Exists(bool[] taken, int length, int alignment, int limit)
    {
        for (int start = 0; start + length <= Math.Min(taken.Length, limit); start += alignment)
        {
            if (!taken.AsSpan(start, length).Contains(true))
            {
                return true;
            }
        }

        return false;
    }
}
