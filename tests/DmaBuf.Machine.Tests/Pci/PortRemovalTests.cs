namespace DmaBuf.Machine.Tests;

public sealed class PortRemovalTests
{
    [Fact]
    public void Ports_know_what_is_above_and_below_them()
    {
        SoftwareMachine machine = SampleMachine.Describe().Build();

        Assert.Equal(
            ["0000:00:01.0 RootPort", "0000:00:02.0 RootPort", "0000:00:03.0 RootPort", "0000:01:00.0 SwitchUpstream", "0000:02:00.0 SwitchDownstream", "0000:02:01.0 SwitchDownstream"],
            machine.PciPorts.Select(static port => $"{port.Address} {port.Kind}"));
        Assert.Equal([SampleMachine.Gpu, SampleMachine.PeerEngine], machine.PciPorts[0].Functions.Select(static function => function.Name));
        Assert.Equal([SampleMachine.Gpu], machine.PciPorts[4].Functions.Select(static function => function.Name));
        Assert.Equal(("0000:01:00.0", "0000:00:01.0"), (machine.PciPorts[4].Upstream?.Address, machine.PciPorts[3].Upstream?.Address));
        Assert.Null(machine.PciPorts[0].Upstream);
        Assert.Same(machine.PciPorts[4], machine.GetPciFunction(SampleMachine.Gpu).Port);
    }

    [Theory]
    [InlineData(PciRemovalKind.Orderly)]
    [InlineData(PciRemovalKind.Surprise)]
    public void All_that_is_below_goes_last_first_and_a_surprise_cuts_all_links_before_anybody_is_told(PciRemovalKind kind)
    {
        SoftwareMachine machine = SampleMachine.Describe().Build();
        PciFunction[] below = [machine.GetPciFunction(SampleMachine.Gpu), machine.GetPciFunction(SampleMachine.PeerEngine)];
        List<string> told = [];
        foreach (PciFunction function in below)
        {
            function.OnRemoval((gone, how) => told.Add($"{gone.Name} {how} {below[0].IsRemoved} {below[1].IsRemoved}"));
        }

        IReadOnlyList<PciRemoval> removals = machine.PciPorts[0].RemoveBelow(kind);
        string[] expected = kind == PciRemovalKind.Surprise
            ? [$"{SampleMachine.PeerEngine} Surprise True True", $"{SampleMachine.Gpu} Surprise True True"]
            : [$"{SampleMachine.PeerEngine} Orderly False False", $"{SampleMachine.Gpu} Orderly False True"];
        Assert.Equal(expected, told);
        Assert.All(removals, removal => Assert.Equal((true, kind), (removal.WasFirst, removal.Kind)));
        Assert.False(machine.GetPciFunction(SampleMachine.IommuEngine).IsRemoved);
        Assert.All(machine.PciPorts[3].RemoveBelow(), static removal => Assert.False(removal.WasFirst));
    }

    [Fact]
    public void Drivers_that_remove_each_others_functions_do_not_block_each_other()
    {
        for (int round = 0; round < 100; round++)
        {
            SoftwareMachine machine = SampleMachine.Describe().Build();
            PciFunction gpu = machine.GetPciFunction(SampleMachine.Gpu);
            PciFunction engine = machine.GetPciFunction(SampleMachine.PeerEngine);
            gpu.OnRemoval((_, _) => engine.Remove());
            engine.OnRemoval((_, _) => gpu.Remove());
            Parallel.Invoke(() => gpu.Remove(), () => engine.Remove(), () => machine.PciPorts[0].RemoveBelow(), () => machine.PciPorts[3].RemoveBelow(PciRemovalKind.Orderly));
            Assert.True(gpu.IsRemoved && engine.IsRemoved);
        }
    }

    [Fact]
    public void Nothing_is_removed_from_inside_a_register()
    {
        Exception? inside = null;
        SoftwareMachine? machine = null;
        RegisterDevice device = new() { DuringRead = () => inside = Record.Exception(() => machine!.PciPorts[0].RemoveBelow()) };
        PeerPair pair = new(new PciBarOptions { Registers = () => device });
        machine = pair.Machine;
        pair.Peer.Read(pair.Bar.BusRange.Start, new byte[4]);
        Assert.Equal(Errno.EDEADLK, Assert.IsType<DmaBufException>(inside).Errno);
        Assert.False(pair.Provider.IsRemoved);
    }
}
