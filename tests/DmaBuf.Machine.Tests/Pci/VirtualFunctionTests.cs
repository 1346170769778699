namespace DmaBuf.Machine.Tests;

public sealed class VirtualFunctionTests
{
    private const ulong BarLength = 0x1_0000;

    [Fact]
    public void Virtual_functions_are_numbered_behind_their_slot_and_their_BARs_lie_one_behind_the_other()
    {
        SoftwareMachine machine = Build(new PciVirtualFunctionOptions { Total = 3, Enabled = 3 });
        PciFunction physical = machine.GetPciFunction("nic");

        Assert.Equal(["0000:01:00.2", "0000:01:00.3", "0000:01:00.4"], physical.VirtualFunctions.Select(static function => function.Address));
        Assert.Equal(["nic-vf0", "nic-vf1", "nic-vf2"], physical.VirtualFunctions.Select(static function => function.Name));
        Assert.All(physical.VirtualFunctions, function => Assert.Same(physical, function.PhysicalFunction));
        Assert.Null(physical.PhysicalFunction);
        ulong[] starts = [.. physical.VirtualFunctions.Select(static function => function.Bars[0].Range.Start.Value)];
        Assert.Equal([starts[0], starts[0] + BarLength, starts[0] + (2 * BarLength)], starts);
    }

    [Fact]
    public void Offset_and_stride_may_lead_to_further_bus_numbers_which_nobody_else_gets()
    {
        SoftwareMachine machine = Build(new PciVirtualFunctionOptions { Total = 3, FirstOffset = 128, Stride = 128 });

        Assert.Equal(["0000:01:10.0", "0000:02:00.0", "0000:02:10.0"], machine.GetPciFunction("nic").VirtualFunctions.Select(static function => function.Address));
        Assert.Equal("0000:03:00.0", machine.GetPciFunction("other").Address);
    }

    [Fact]
    public void Those_that_are_not_enabled_do_not_answer_and_have_no_routes()
    {
        SoftwareMachine machine = Build(new PciVirtualFunctionOptions { Total = 2, Enabled = 1 });
        PciFunction physical = machine.GetPciFunction("nic");
        PciFunction absent = physical.VirtualFunctions[1];

        Assert.Equal((1, false, true), (physical.EnabledVirtualFunctions, physical.VirtualFunctions[0].IsRemoved, absent.IsRemoved));
        Assert.Equal(PeerToPeerMapType.NotSupported, absent.RouteFrom(physical).MapType);
        Assert.Equal(Errno.EFAULT, Assert.ThrowsAny<DmaBufException>(() => machine.Memory.Read(absent.Bars[0].Range.Start, new byte[1])).Errno);
        Expect.Fails(Errno.ENODEV, () => absent.OnRemoval(static (_, _) => { }));
        Expect.Fails(Errno.ENODEV, () => BarExporter.Export(machine, absent.Bars[0], 0, 0x1000));
    }

    [Fact]
    public void A_virtual_function_is_a_peer_below_the_slots_port_and_reaches_others_as_its_physical_one_does()
    {
        SoftwareMachine machine = Build(new PciVirtualFunctionOptions { Total = 1, Enabled = 1 });
        PciFunction physical = machine.GetPciFunction("nic");
        PciFunction virtualOne = physical.VirtualFunctions[0];

        Assert.Equal((PeerToPeerMapType.BusAddress, 2), (virtualOne.RouteFrom(physical).MapType, virtualOne.RouteFrom(physical).Distance));
        PciFunction other = machine.GetPciFunction("other");
        Assert.Equal(physical.RouteFrom(other).MapType, virtualOne.RouteFrom(other).MapType);
        Assert.Equal(physical.RouteFrom(other).Distance, virtualOne.RouteFrom(other).Distance);
    }

    [Fact]
    public void Enabling_lets_engines_reach_BARs_that_were_absent_when_the_machine_was_built()
    {
        SoftwareMachine machine = Build(new PciVirtualFunctionOptions { Total = 2 });
        PciFunction physical = machine.GetPciFunction("nic");
        PciBar bar = physical.VirtualFunctions[1].Bars[0];
        DmaEngineDevice first = machine.GetEngine("nic-vf0");
        Expect.Faults(machine, DmaFaultReason.Removed, DmaAccess.Write, bar.BusRange.Start, () => first.Write(bar.BusRange.Start, [1]));

        physical.EnableVirtualFunctions(2);
        first.GrantBar(bar);
        first.Write(bar.BusRange.Start, [7]);
        byte[] read = new byte[1];
        machine.Memory.Read(bar.Range.Start, read);
        Assert.Equal([7], read);
    }

    [Fact]
    public void Disabling_tells_the_users_last_one_first_and_enabling_begins_without_them()
    {
        SoftwareMachine machine = Build(new PciVirtualFunctionOptions { Total = 3, Enabled = 2 });
        PciFunction physical = machine.GetPciFunction("nic");
        List<string> told = [];
        foreach (PciFunction function in physical.VirtualFunctions.Take(2))
        {
            function.OnRemoval((gone, kind) => told.Add($"{gone.Name} {kind} {gone.IsRemoved}"));
        }

        Assert.Equal(2, physical.DisableVirtualFunctions().Count);
        Assert.Equal(["nic-vf1 Orderly False", "nic-vf0 Orderly False"], told);
        Assert.All(physical.VirtualFunctions, static function => Assert.True(function.IsRemoved));
        physical.EnableVirtualFunctions(3);
        Assert.All(physical.VirtualFunctions, static function => Assert.False(function.IsRemoved));
        physical.DisableVirtualFunctions(PciRemovalKind.Surprise);
        Assert.Equal(2, told.Count);
        Assert.Empty(physical.DisableVirtualFunctions());
    }

    [Fact]
    public void The_number_goes_from_zero_only_and_a_driver_that_is_being_told_cannot_change_it()
    {
        SoftwareMachine machine = Build(new PciVirtualFunctionOptions { Total = 2, Enabled = 1 });
        PciFunction physical = machine.GetPciFunction("nic");
        Expect.Fails(Errno.EBUSY, () => physical.EnableVirtualFunctions(2));
        Expect.Fails(Errno.EINVAL, () => physical.EnableVirtualFunctions(3));
        Expect.Fails(Errno.EINVAL, () => physical.EnableVirtualFunctions(0));
        Expect.Fails(Errno.EOPNOTSUPP, () => machine.GetPciFunction("other").EnableVirtualFunctions(1));
        Exception? inside = null;
        physical.VirtualFunctions[0].OnRemoval((_, _) => inside = Record.Exception(() => physical.EnableVirtualFunctions(1)));
        physical.DisableVirtualFunctions();
        Assert.Equal(Errno.EBUSY, Assert.IsType<DmaBufException>(inside).Errno);
    }

    [Theory]
    [InlineData(PciRemovalKind.Orderly)]
    [InlineData(PciRemovalKind.Surprise)]
    public void A_physical_function_takes_its_virtual_ones_along_first_and_for_good(PciRemovalKind kind)
    {
        SoftwareMachine machine = Build(new PciVirtualFunctionOptions { Total = 2, Enabled = 2 });
        PciFunction physical = machine.GetPciFunction("nic");
        List<string> told = [];
        foreach (PciFunction function in (PciFunction[])[physical, .. physical.VirtualFunctions])
        {
            function.OnRemoval((gone, _) =>
            {
                told.Add(gone.Name);
                Assert.Equal(kind == PciRemovalKind.Surprise, physical.IsRemoved);
                throw new InvalidOperationException(gone.Name);
            });
        }

        PciRemoval removal = physical.Remove(kind);
        Assert.Equal(["nic-vf1", "nic-vf0", "nic"], told);
        Assert.Equal(told, removal.Failures.Select(static failure => failure.Message));
        Assert.Equal((true, kind, 0), (removal.WasFirst, removal.Kind, physical.EnabledVirtualFunctions));
        Expect.Fails(Errno.ENODEV, () => physical.EnableVirtualFunctions(1));
        Expect.Fails(Errno.ENODEV, () => physical.DisableVirtualFunctions());
    }

    [Fact]
    public void Enabling_and_removing_side_by_side_leave_nothing_enabled()
    {
        for (int round = 0; round < 200; round++)
        {
            PciFunction physical = Build(new PciVirtualFunctionOptions { Total = 4 }).GetPciFunction("nic");
            Parallel.Invoke(
                () => physical.Remove(round % 2 == 0 ? PciRemovalKind.Orderly : PciRemovalKind.Surprise),
                () => Record.Exception(() => physical.EnableVirtualFunctions(4)));
            Assert.All(physical.VirtualFunctions, static function => Assert.True(function.IsRemoved));
        }
    }

    [Theory]
    [InlineData(0, 0, null, 1, Errno.EINVAL)]
    [InlineData(256, 0, null, 1, Errno.EINVAL)]
    [InlineData(2, 3, null, 1, Errno.EINVAL)]
    [InlineData(2, 0, 0, 1, Errno.EINVAL)]
    [InlineData(2, 0, 1, 0, Errno.EINVAL)]
    [InlineData(2, 0, 1, 1, Errno.EINVAL)]
    [InlineData(255, 0, 1000, 1000, Errno.ENOSPC)]
    public void Numbers_that_cannot_be_are_refused(int total, int enabled, int? offset, int stride, Errno errno)
        => Expect.Fails(errno, () => Build(new PciVirtualFunctionOptions { Total = total, Enabled = enabled, FirstOffset = offset, Stride = stride }));

    [Fact]
    public void Names_of_virtual_functions_are_taken_and_a_function_has_one_group()
    {
        PciEndpointBuilder nic = new SoftwareMachineBuilder().AddHostBridge().AddRootPort().AddEndpoint("nic");
        nic.AddVirtualFunctions(new PciVirtualFunctionOptions { Total = 1 });
        Expect.Fails(Errno.EEXIST, () => nic.AddVirtualFunctions(new PciVirtualFunctionOptions { Total = 1 }));
        Expect.Fails(Errno.EEXIST, () => nic.AddFunction("nic-vf0"));
    }

    private static SoftwareMachine Build(PciVirtualFunctionOptions options)
    {
        SoftwareMachineBuilder builder = new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x1000_0000), 0x10_000);
        PciHostBridgeBuilder bridge = builder.AddHostBridge(PciHostBridgePolicy.Listed);
        PciEndpointBuilder nic = bridge.AddRootPort().AddEndpoint("nic").AddBar(BarLength).WithDmaEngine();
        nic.AddVirtualFunctions(options).AddBar(BarLength).WithDmaEngine();
        nic.AddFunction("neighbour");
        bridge.AddRootPort().AddEndpoint("other").AddBar(BarLength).WithDmaEngine();
        return builder.Build();
    }
}
