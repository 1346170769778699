using CsCheck;

namespace DmaBuf.Machine.Tests;

public sealed class IovaAllocatorTests
{
    private const int Slots = 64;
    private const ulong Base = 0x10_000;

    [Fact]
    public void Any_sequence_gives_the_same_addresses_as_a_first_fit_over_a_bitmap()
    {
        Gen.Select(Gen.Bool, Gen.Int[1, 12], Gen.Int[0, 4], Gen.Int[0, Slots]).List[1, 80].Sample(
            steps =>
            {
                IovaAllocator allocator = new(new DmaRange(new DmaAddress(Base), Slots));
                bool[] taken = new bool[Slots];
                List<DmaRange> held = [];
                foreach ((bool free, int length, int alignmentShift, int choice) in steps)
                {
                    if (free && held.Count != 0)
                    {
                        DmaRange given = held[choice % held.Count];
                        held.Remove(given);
                        allocator.Free(given);
                        taken.AsSpan((int)(given.Start.Value - Base), (int)given.Length).Clear();
                        continue;
                    }

                    ulong last = Base + (ulong)choice;
                    int? expected = FirstFit(taken, length, 1 << alignmentShift, last);
                    bool found = allocator.TryAllocate((ulong)length, 1UL << alignmentShift, new DmaAddress(last), out DmaRange range);
                    Assert.Equal(expected, found ? (int)(range.Start.Value - Base) : null);
                    if (found)
                    {
                        taken.AsSpan((int)(range.Start.Value - Base), length).Fill(true);
                        held.Add(range);
                    }

                    Assert.Equal((ulong)taken.Count(slot => slot), allocator.AllocatedBytes);
                }

                held.ForEach(allocator.Free);
                Assert.True(allocator.TryAllocate(Slots, 1, new DmaAddress(ulong.MaxValue), out _), "What was freed is one run again.");
            },
            iter: 500);
    }

    [Fact]
    public void Only_what_was_allocated_can_be_freed_and_once()
    {
        IovaAllocator allocator = new(new DmaRange(new DmaAddress(Base), Slots));
        Assert.True(allocator.TryAllocate(8, 1, new DmaAddress(ulong.MaxValue), out DmaRange range));
        Expect.Fails(Errno.EINVAL, () => allocator.Free(range with { Length = 4 }));
        Expect.Fails(Errno.EINVAL, () => allocator.Free(range with { Start = new DmaAddress(Base + 4), Length = 4 }));
        allocator.Free(range);
        Expect.Fails(Errno.EINVAL, () => allocator.Free(range));
        Assert.Equal(0UL, allocator.AllocatedBytes);
    }

    [Fact]
    public void Bad_arguments_are_refused()
    {
        Expect.Fails(Errno.EINVAL, () => _ = new IovaAllocator(new DmaRange(new DmaAddress(Base), 0)));
        Expect.Fails(Errno.EINVAL, () => _ = new IovaAllocator(new DmaRange(new DmaAddress(Base), ulong.MaxValue)));
        IovaAllocator allocator = new(new DmaRange(new DmaAddress(Base), Slots));
        Expect.Fails(Errno.EINVAL, () => allocator.TryAllocate(0, 1, new DmaAddress(ulong.MaxValue), out _));
        Expect.Fails(Errno.EINVAL, () => allocator.TryAllocate(1, 3, new DmaAddress(ulong.MaxValue), out _));
        Expect.Fails(Errno.EINVAL, () => allocator.TryAllocate(1, 0, new DmaAddress(ulong.MaxValue), out _));
        Assert.False(allocator.TryAllocate(ulong.MaxValue, 1, new DmaAddress(ulong.MaxValue), out _));
        Assert.False(allocator.TryAllocate(1, 1UL << 63, new DmaAddress(ulong.MaxValue), out _));
    }

    private static int? FirstFit(bool[] taken, int length, int alignment, ulong last)
    {
        for (int start = 0; start + length <= taken.Length; start++)
        {
            bool fits = (Base + (ulong)start) % (ulong)alignment == 0
                && Base + (ulong)(start + length) - 1 <= last
                && !taken.AsSpan(start, length).Contains(true);
            if (fits)
            {
                return start;
            }
        }

        return null;
    }
}
