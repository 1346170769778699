using CsCheck;

namespace DmaBuf.Machine.Tests;

public sealed class HoleTests
{
    private const ulong Base = 0x1000_0000;

    [Fact]
    public void A_run_crosses_neither_a_hole_nor_the_border_of_two_nodes()
    {
        // Pages 0 to 3 and 5 to 8 with a hole between, and node 1 right behind.
        SoftwareMachine machine = new SoftwareMachineBuilder()
            .AddRam(new PhysicalAddress(Base), 4 * Expect.Page)
            .AddRam(new PhysicalAddress(Base + (5 * Expect.Page)), 4 * Expect.Page)
            .AddRam(new PhysicalAddress(Base + (9 * Expect.Page)), 4 * Expect.Page, 1)
            .Build();
        Expect.Fails(Errno.ENOMEM, () => machine.Ram.AllocateContiguous(5 * Expect.Page));
        PhysicalRange[] runs = machine.Ram.AllocateScattered(12 * Expect.Page, 12 * Expect.Page);
        Assert.Equal([Base, Base + (5 * Expect.Page), Base + (9 * Expect.Page)], runs.Select(run => run.Start.Value).Order());
        machine.Ram.Free(runs);
        Expect.Fails(Errno.EINVAL, () => machine.Ram.Free(RamLayout.Pages(Base + (4 * Expect.Page), 1)));
        Assert.Equal(0UL, machine.Ram.AllocatedBytes);
    }

    [Fact]
    public void RAM_of_one_node_that_touches_is_one_whatever_the_order_in_which_it_was_added()
    {
        SoftwareMachine machine = new SoftwareMachineBuilder()
            .AddRam(new PhysicalAddress(Base + (2 * Expect.Page)), 2 * Expect.Page)
            .AddRam(new PhysicalAddress(Base), 2 * Expect.Page)
            .Build();
        PhysicalRange run = machine.Ram.AllocateContiguous(4 * Expect.Page);
        machine.Memory.Write(run.Start, Expect.Pattern(4 * 4096));
        machine.Ram.Free(run);
        Assert.Equal((0UL, 0UL), (machine.Ram.AllocatedBytes, machine.Memory.CommittedBytes));
    }

    [Fact]
    public void The_CPU_and_devices_fault_in_a_hole_and_move_nothing()
    {
        SoftwareMachine machine = RamLayout.ThreeNodes().AddPlatformDmaEngine("engine").AddIommu("iommu")
            .AddPlatformDmaEngine("translated", new DmaEngineOptions { Iommu = "iommu" }).Build();
        PhysicalAddress hole = new(RamLayout.Low + (8 * Expect.Page));
        byte[] bytes = Expect.Pattern(8192);
        DmaBufException fault = Expect.Fails(Errno.EFAULT, () => machine.Memory.Write(new PhysicalAddress(hole.Value - Expect.Page), bytes));
        Assert.Contains($"nothing answers at {hole}", fault.Message, StringComparison.Ordinal);
        Expect.Fails(Errno.EFAULT, () => machine.Memory.Read(hole, bytes));
        Assert.Equal(0UL, machine.Memory.CommittedBytes);

        PhysicalRange across = RamLayout.Pages(hole.Value - Expect.Page, 2);
        foreach (DmaEngineDevice engine in machine.Engines)
        {
            Expect.Fails(Errno.EFAULT, () => engine.MapRange(across, DmaDirection.Bidirectional, DmaAttributes.None));
            Expect.Fails(Errno.EFAULT, () => engine.MapRange(RamLayout.Pages(hole.Value, 1), DmaDirection.Bidirectional, DmaAttributes.None));
            Assert.Equal(0, engine.LiveMappingCount);
        }

        // A transfer that runs out of the last page of RAM stops where the hole begins.
        DmaEngineDevice direct = machine.GetEngine("engine");
        DmaAddress address = direct.MapRange(RamLayout.Pages(hole.Value - Expect.Page, 1), DmaDirection.FromDevice, DmaAttributes.None);
        DmaAddress behind = new(address.Value + Expect.Page);
        Expect.Faults(machine, DmaFaultReason.NotMapped, DmaAccess.Write, behind, () => direct.Write(address, bytes));
    }

    [Fact]
    public void Any_sequence_of_placed_allocations_agrees_with_a_set_of_pages()
    {
        Gen<(int Pages, int Hole, int Node)[]> layouts = Gen.Select(Gen.Int[1, 12], Gen.Int[0, 2], Gen.Int[0, 2]).Array[1, 6];
        Gen<(int Kind, int Count, int Node, bool Required, int Limit)> steps = Gen.Select(Gen.Int[0, 2], Gen.Int[1, 14], Gen.Int[-1, 3], Gen.Bool, Gen.Int[0, 80]);
        Gen.Select(layouts, steps.Array[1, 30]).Sample(
            (layout, sequence) =>
            {
                RamModel model = new(layout, Base);
                foreach ((int kind, int count, int node, bool required, int limit) in sequence)
                {
                    RamPlacement placement = new()
                    {
                        NumaNode = node < 0 ? null : node,
                        IsNumaNodeRequired = required,
                        LastAddress = new PhysicalAddress(limit > 60 ? ulong.MaxValue : Base + ((ulong)limit * Expect.Page) - 1),
                    };
                    model.Step(kind, count, placement);
                }

                model.FreeAll();
            },
            iter: 500);
    }
}
