namespace DmaBuf.Machine.Tests;

public sealed class NumaTests
{
    private readonly SoftwareMachine _machine = RamLayout.ThreeNodes().Build();

    [Fact]
    public void Memory_says_of_which_node_an_address_is()
    {
        Assert.Equal([0, 1, 2], _machine.Ram.NumaNodes);
        Assert.Equal(0, _machine.Memory.NumaNodeOf(new PhysicalAddress(RamLayout.Low + (8 * Expect.Page) - 1)));
        Assert.Null(_machine.Memory.NumaNodeOf(new PhysicalAddress(RamLayout.Low + (8 * Expect.Page))));
        Assert.Equal(1, _machine.Memory.NumaNodeOf(new PhysicalAddress(RamLayout.Middle)));
        Assert.Equal(2, _machine.Memory.NumaNodeOf(new PhysicalAddress(RamLayout.High + 5)));
    }

    [Fact]
    public void The_preferred_node_comes_first_and_without_one_the_lowest_address()
    {
        Assert.Equal(RamLayout.Low, _machine.Ram.AllocateContiguous(Expect.Page).Start.Value);
        RamPlacement near = new() { NumaNode = 1 };
        Assert.Equal(RamLayout.Middle, _machine.Ram.AllocateContiguous(Expect.Page, Expect.Page, near).Start.Value);
        Assert.Equal([1], RamLayout.NodesOf(_machine, _machine.Ram.AllocateScattered(15 * Expect.Page, Expect.Page, near)));
        Assert.Equal(0UL, _machine.Ram.FreeBytesOf(1));
    }

    [Fact]
    public void What_a_node_lacks_comes_from_the_nodes_above_it_and_then_from_those_below()
    {
        RamPlacement near = new() { NumaNode = 1 };
        Assert.Equal([1, 2], RamLayout.NodesOf(_machine, _machine.Ram.AllocateScattered(20 * Expect.Page, Expect.Page, near)));
        Assert.Equal([2], RamLayout.NodesOf(_machine, _machine.Ram.AllocateContiguous(20 * Expect.Page, Expect.Page, near)));
        Assert.Equal([0, 2], RamLayout.NodesOf(_machine, _machine.Ram.AllocateScattered(12 * Expect.Page, Expect.Page, near)));
        Assert.Equal(4 * Expect.Page, _machine.Ram.FreeBytesOf(0));
        Assert.Equal([0], RamLayout.NodesOf(_machine, _machine.Ram.AllocateScattered(4 * Expect.Page, Expect.Page, new RamPlacement { NumaNode = 7 })));
    }

    [Fact]
    public void A_required_node_is_not_replaced_by_another()
    {
        RamPlacement alone = new() { NumaNode = 0, IsNumaNodeRequired = true };
        DmaBufException refused = Expect.Fails(Errno.ENOMEM, () => _machine.Ram.AllocateScattered(9 * Expect.Page, Expect.Page, alone));
        Assert.Contains("node 0 alone", refused.Message, StringComparison.Ordinal);
        Expect.Fails(Errno.ENOMEM, () => _machine.Ram.AllocateContiguous(9 * Expect.Page, Expect.Page, alone));
        Expect.Fails(Errno.ENOMEM, () => _machine.Ram.AllocateContiguous(Expect.Page, Expect.Page, alone with { NumaNode = 3 }));
        Assert.Equal(0UL, _machine.Ram.AllocatedBytes);
        Assert.Equal([0], RamLayout.NodesOf(_machine, _machine.Ram.AllocateScattered(8 * Expect.Page, Expect.Page, alone)));
    }

    [Fact]
    public void Nothing_is_placed_above_the_highest_address_wished_for()
    {
        PhysicalRange[] low = _machine.Ram.AllocateScattered(24 * Expect.Page, 3 * Expect.Page, RamPlacement.Below4GiB with { NumaNode = 2 });
        Assert.Equal([0, 1], RamLayout.NodesOf(_machine, low));
        Expect.Fails(Errno.ENOMEM, () => _machine.Ram.AllocateScattered(Expect.Page, Expect.Page, RamPlacement.Below4GiB));
        Expect.Fails(Errno.ENOMEM, () => _machine.Ram.AllocateContiguous(Expect.Page, Expect.Page, RamPlacement.Below4GiB));
        _machine.Ram.Free(low);

        RamPlacement inside = new() { LastAddress = new PhysicalAddress(RamLayout.Low + (4 * Expect.Page) - 2) };
        Expect.Fails(Errno.ENOMEM, () => _machine.Ram.AllocateContiguous(4 * Expect.Page, Expect.Page, inside));
        Expect.Fails(Errno.ENOMEM, () => _machine.Ram.AllocateScattered(4 * Expect.Page, 4 * Expect.Page, inside));
        Assert.All(_machine.Ram.AllocateScattered(3 * Expect.Page, Expect.Page, inside), run => Assert.True(run.Start.Value < RamLayout.Low + (3 * Expect.Page)));
        Assert.Equal(3 * Expect.Page, _machine.Ram.AllocatedBytes);
    }

    [Fact]
    public void A_function_is_near_to_its_host_bridges_node_and_a_platform_engine_to_the_one_it_says()
    {
        SoftwareMachineBuilder builder = RamLayout.ThreeNodes()
            .AddPlatformDmaEngine("near", new DmaEngineOptions { NumaNode = 2 })
            .AddPlatformDmaEngine("nowhere");
        builder.AddHostBridge().OnNumaNode(1).AddRootPort().AddEndpoint("nic").AddBar(Expect.Page).WithDmaEngine();
        builder.AddHostBridge().AddRootPort().AddEndpoint("other").WithDmaEngine();
        SoftwareMachine machine = builder.Build();
        Assert.Equal((1, 1), (machine.GetPciFunction("nic").NumaNode, machine.GetEngine("nic").NumaNode));
        Assert.Equal(1, machine.Memory.NumaNodeOf(machine.GetPciFunction("nic").Bars[0].Range.Start));
        Assert.Equal(2, machine.GetEngine("near").NumaNode);
        Assert.Null(machine.GetEngine("nowhere").NumaNode);
        Assert.Null(machine.GetPciFunction("other").NumaNode);
    }

    [Fact]
    public void A_buffer_can_be_placed_near_the_device_that_will_use_it()
    {
        SoftwareMachine machine = RamLayout.ThreeNodes().AddPlatformDmaEngine("nic", new DmaEngineOptions { NumaNode = 2 }).Build();
        RamPlacement near = new() { NumaNode = machine.GetEngine("nic").NumaNode };
        DmaBufferExportOptions options = new() { Registry = new DmaBufferRegistry() };
        using (RamExporter.Export(machine, 4 * Expect.Page, near, options))
        using (PhysicalRamExporter.Export(machine, 4 * Expect.Page, near, options))
        {
            Assert.Equal(24 * Expect.Page, machine.Ram.FreeBytesOf(2));
        }

        Assert.Equal(0UL, machine.Ram.AllocatedBytes);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(RamPlacement.LastNumaNode + 1)]
    public void A_number_that_no_node_can_have_is_refused_everywhere(int node)
    {
        Expect.Fails(Errno.EINVAL, () => new SoftwareMachineBuilder().AddRam(new PhysicalAddress(Expect.Page), Expect.Page, node));
        Expect.Fails(Errno.EINVAL, () => new SoftwareMachineBuilder().AddHostBridge().OnNumaNode(node));
        Expect.Fails(Errno.EINVAL, () => _ = new RamPlacement { NumaNode = node });
        Expect.Fails(Errno.EINVAL, () => _ = new DmaEngineOptions { NumaNode = node });
    }

    [Fact]
    public void A_function_that_says_a_node_of_its_own_is_refused()
    {
        SoftwareMachineBuilder builder = RamLayout.ThreeNodes();
        builder.AddHostBridge().OnNumaNode(1).AddRootPort().AddEndpoint("nic").WithDmaEngine(new DmaEngineOptions { NumaNode = 1 });
        Assert.Contains("host bridge", Expect.Fails(Errno.EINVAL, () => builder.Build()).Message, StringComparison.Ordinal);
    }
}
