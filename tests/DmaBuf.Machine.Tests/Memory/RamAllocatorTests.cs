using CsCheck;

namespace DmaBuf.Machine.Tests;

public sealed class RamAllocatorTests
{
    [Fact]
    public void Contiguous_memory_is_aligned_and_comes_back_zeroed_after_a_free()
    {
        SoftwareMachine machine = Expect.SmallMachine();
        PhysicalRange first = machine.Ram.AllocateContiguous(Expect.Page);
        PhysicalRange aligned = machine.Ram.AllocateContiguous(2 * Expect.Page, 16 * Expect.Page);
        Assert.Equal(0UL, aligned.Start.Value % (16 * Expect.Page));
        machine.Memory.Write(aligned.Start, Expect.Pattern(8192));
        machine.Ram.Free(first, aligned);
        Assert.Equal(0UL, machine.Ram.AllocatedBytes);
        Assert.Equal(0UL, machine.Memory.CommittedBytes);

        PhysicalRange again = machine.Ram.AllocateContiguous(256 * Expect.Page);
        byte[] read = Expect.Pattern(8192);
        machine.Memory.Read(aligned.Start, read);
        Assert.All(read, value => Assert.Equal(0, value));
        Assert.Equal(256 * Expect.Page, again.Length);
    }

    [Fact]
    public void Scattered_runs_neither_touch_nor_ascend()
    {
        SoftwareMachine machine = Expect.SmallMachine();
        PhysicalRange[] runs = machine.Ram.AllocateScattered(33 * Expect.Page, 2 * Expect.Page);
        Assert.Equal(17, runs.Length);
        Assert.Equal(33 * Expect.Page, runs.Aggregate(0UL, (sum, run) => sum + run.Length));
        Assert.True(runs[0].Start > runs[1].Start);
        PhysicalRange[] sorted = [.. runs.OrderBy(run => run.Start)];
        for (int index = 1; index < sorted.Length; index++)
        {
            Assert.True(sorted[index].Start.Value > sorted[index - 1].Start.Value + sorted[index - 1].Length);
        }
    }

    [Fact]
    public void Scattered_allocation_takes_the_last_page_before_it_gives_up()
    {
        SoftwareMachine machine = Expect.SmallMachine();
        PhysicalRange[] all = machine.Ram.AllocateScattered(256 * Expect.Page);
        Assert.Equal(256, all.Select(run => run.Start).Distinct().Count());
        Expect.Fails(Errno.ENOMEM, () => machine.Ram.AllocateScattered(Expect.Page));
        Expect.Fails(Errno.ENOMEM, () => machine.Ram.AllocateContiguous(Expect.Page));
        machine.Ram.Free(all);
        Assert.Equal(256 * Expect.Page, machine.Ram.AllocateContiguous(256 * Expect.Page).Length);
    }

    [Fact]
    public void A_request_for_more_than_there_is_changes_nothing()
    {
        SoftwareMachine machine = Expect.SmallMachine();
        Expect.Fails(Errno.ENOMEM, () => machine.Ram.AllocateContiguous(257 * Expect.Page));
        Expect.Fails(Errno.ENOMEM, () => machine.Ram.AllocateScattered(257 * Expect.Page));
        Expect.Fails(Errno.ENOMEM, () => machine.Ram.AllocateContiguous(ulong.MaxValue - Expect.Page + 1));
        Assert.Equal(0UL, machine.Ram.AllocatedBytes);
    }

    [Theory]
    [InlineData(0UL, 4096UL)]
    [InlineData(100UL, 4096UL)]
    [InlineData(4096UL, 0UL)]
    [InlineData(4096UL, 12288UL)]
    [InlineData(4096UL, 512UL)]
    public void Bad_lengths_and_alignments_are_refused(ulong length, ulong alignment)
    {
        SoftwareMachine machine = Expect.SmallMachine();
        Expect.Fails(Errno.EINVAL, () => machine.Ram.AllocateContiguous(length, alignment));
        if (length != 4096)
        {
            Expect.Fails(Errno.EINVAL, () => machine.Ram.AllocateScattered(length));
        }
    }

    [Fact]
    public void A_bad_free_frees_nothing()
    {
        SoftwareMachine machine = Expect.SmallMachine();
        PhysicalRange good = machine.Ram.AllocateContiguous(2 * Expect.Page);
        PhysicalRange free = new(new PhysicalAddress(good.Start.Value + (8 * Expect.Page)), Expect.Page);
        PhysicalRange nowhere = new(new PhysicalAddress(0x1000), Expect.Page);
        PhysicalRange half = good with { Length = 100 };
        Expect.Fails(Errno.EINVAL, () => machine.Ram.Free(good, free));
        Expect.Fails(Errno.EINVAL, () => machine.Ram.Free(good, nowhere));
        Expect.Fails(Errno.EINVAL, () => machine.Ram.Free(good, half));
        Expect.Fails(Errno.EINVAL, () => machine.Ram.Free(good, good));
        Expect.Fails(Errno.EINVAL, () => machine.Ram.Free(good with { Length = 3 * Expect.Page }));
        Assert.Equal(2 * Expect.Page, machine.Ram.AllocatedBytes);
        machine.Ram.Free(good);
        Expect.Fails(Errno.EINVAL, () => machine.Ram.Free(good));
    }

    [Fact]
    public void Any_sequence_of_allocations_and_frees_agrees_with_a_set_of_pages()
    {
        Gen.Select(Gen.Int[0, 2], Gen.Int[1, 40], Gen.Int[0, 1000]).List[1, 60].Sample(
            steps =>
            {
                SoftwareMachine machine = Expect.SmallMachine();
                List<PhysicalRange[]> held = [];
                HashSet<ulong> pages = [];
                foreach ((int kind, int count, int choice) in steps)
                {
                    if (kind == 2 && held.Count != 0)
                    {
                        PhysicalRange[] given = held[choice % held.Count];
                        held.Remove(given);
                        machine.Ram.Free(given);
                        pages.ExceptWith(PagesOf(given));
                    }
                    else if (Allocate(machine, kind, count) is PhysicalRange[] taken)
                    {
                        held.Add(taken);
                        Assert.All(PagesOf(taken), page => Assert.True(pages.Add(page), "A page has one owner."));
                    }
                    else
                    {
                        Assert.True(kind == 0 || count > 256 - pages.Count, "Scattered allocation fails only when too few pages are free.");
                    }

                    Assert.Equal((ulong)pages.Count * Expect.Page, machine.Ram.AllocatedBytes);
                }
            },
            iter: 200);
    }

    private static PhysicalRange[]? Allocate(SoftwareMachine machine, int kind, int count)
    {
        try
        {
            return kind == 0
                ? [machine.Ram.AllocateContiguous((ulong)count * Expect.Page)]
                : machine.Ram.AllocateScattered((ulong)count * Expect.Page, 3 * Expect.Page);
        }
        catch (DmaBufException exception) when (exception.Errno == Errno.ENOMEM)
        {
            return null;
        }
    }

    private static IEnumerable<ulong> PagesOf(PhysicalRange[] ranges) =>
        ranges.SelectMany(range => Enumerable.Range(0, (int)(range.Length / Expect.Page)), (range, page) => range.Start.Value + ((ulong)page * Expect.Page));
}
