using System.Security.Cryptography;

namespace DmaBuf.Machine.Tests;

public sealed class DmaEngineDeviceTests
{
    private readonly SoftwareMachine _machine = SoftwareMachine.CreateSample();

    public static TheoryData<string> AllEngines =>
        [SampleMachine.PeerEngine, SampleMachine.IommuEngine, SampleMachine.DirectEngine, SampleMachine.PlatformEngine];

    private PciBar Bar => _machine.GetPciFunction(SampleMachine.Gpu).Bars[0];

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void Bytes_move_both_ways_through_a_mapping(string name)
    {
        DmaEngineDevice engine = _machine.GetEngine(name);
        PhysicalRange ram = _machine.Ram.AllocateContiguous(64 * Expect.Page);
        byte[] pattern = Expect.Pattern(64 * 4096);
        _machine.Memory.Write(ram.Start, pattern);
        DmaAddress address = engine.MapRange(ram, DmaDirection.Bidirectional, DmaAttributes.None);
        Assert.NotEqual(ram.Start.Value, address.Value);
        Assert.Equal(SHA256.HashData(pattern), engine.ChecksumOf(new DmaRange(address, ram.Length)));

        byte[] update = Expect.Pattern(10_000, seed: 2);
        engine.Write(new DmaAddress(address.Value + 4000), update);
        byte[] seen = new byte[10_000];
        _machine.Memory.Read(new PhysicalAddress(ram.Start.Value + 4000), seen);
        Assert.Equal(update, seen);
        engine.UnmapRange(new DmaRange(address, ram.Length), DmaDirection.Bidirectional, DmaAttributes.None);
        Assert.Equal((0, 0L), (engine.LiveMappingCount, _machine.Faults.TotalCount));
    }

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void A_copy_moves_bytes_between_two_mappings_with_the_least_permissions(string name)
    {
        DmaEngineDevice engine = _machine.GetEngine(name);
        PhysicalRange source = _machine.Ram.AllocateContiguous(40 * Expect.Page);
        PhysicalRange destination = _machine.Ram.AllocateContiguous(40 * Expect.Page);
        byte[] pattern = Expect.Pattern(40 * 4096);
        _machine.Memory.Write(source.Start, pattern);
        DmaAddress from = engine.MapRange(source, DmaDirection.ToDevice, DmaAttributes.None);
        DmaAddress to = engine.MapRange(destination, DmaDirection.FromDevice, DmaAttributes.None);
        engine.Copy(from, to, source.Length);
        byte[] read = new byte[pattern.Length];
        _machine.Memory.Read(destination.Start, read);
        Assert.Equal(pattern, read);
        Expect.Faults(_machine, DmaFaultReason.Permission, DmaAccess.Read, to, () => engine.Copy(to, from, 1));
        Expect.Faults(_machine, DmaFaultReason.Permission, DmaAccess.Write, from, () => engine.Write(from, [1]));
        engine.UnmapRange(new DmaRange(from, source.Length), DmaDirection.ToDevice, DmaAttributes.None);
        engine.UnmapRange(new DmaRange(to, source.Length), DmaDirection.FromDevice, DmaAttributes.None);
        Assert.Equal(0, engine.LiveMappingCount);
    }

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void An_access_after_the_unmap_faults(string name)
    {
        DmaEngineDevice engine = _machine.GetEngine(name);
        PhysicalRange ram = _machine.Ram.AllocateContiguous(2 * Expect.Page);
        DmaAddress address = engine.MapRange(ram, DmaDirection.Bidirectional, DmaAttributes.None);
        engine.Write(address, Expect.Pattern(8192));
        engine.UnmapRange(new DmaRange(address, ram.Length), DmaDirection.Bidirectional, DmaAttributes.None);
        byte[] bytes = new byte[1];
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, address, () => engine.Read(address, bytes));
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Write, address, () => engine.Write(address, bytes));
    }

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void A_transfer_that_runs_past_its_mapping_faults_at_the_first_byte_behind_it(string name)
    {
        DmaEngineDevice engine = _machine.GetEngine(name);
        PhysicalRange ram = _machine.Ram.AllocateContiguous(2 * Expect.Page);
        DmaAddress address = engine.MapRange(ram, DmaDirection.Bidirectional, DmaAttributes.None);
        DmaAddress behind = new(address.Value + ram.Length);
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Write, behind, () => engine.Write(address, Expect.Pattern(8193)));
        byte[] moved = new byte[8192];
        _machine.Memory.Read(ram.Start, moved);
        Assert.Equal(Expect.Pattern(8193)[..8192], moved);
    }

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void An_address_of_another_kind_faults(string name)
    {
        DmaEngineDevice engine = _machine.GetEngine(name);
        PhysicalRange ram = _machine.Ram.AllocateContiguous(Expect.Page);
        DmaAddress address = engine.MapRange(ram, DmaDirection.Bidirectional, DmaAttributes.None);
        byte[] bytes = new byte[8];
        ulong[] wrong = [0, ram.Start.Value, Bar.Range.Start.Value];
        foreach (ulong number in wrong)
        {
            DmaAddress mistaken = new(number);
            Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, mistaken, () => engine.Read(mistaken, bytes));
        }

        // The CPU's turn: neither a DMA address nor a bus address is a physical one.
        Expect.Fails(Errno.EFAULT, () => _machine.Memory.Read(new PhysicalAddress(address.Value), bytes));
        Expect.Fails(Errno.EFAULT, () => _machine.Memory.Read(new PhysicalAddress(Bar.BusRange.Start.Value), bytes));
        Expect.Fails(Errno.EFAULT, () => engine.MapRange(new PhysicalRange(new PhysicalAddress(address.Value), Expect.Page), DmaDirection.ToDevice, DmaAttributes.None));
        Expect.Fails(
            Errno.EFAULT, () => engine.MapRange(new PhysicalRange(new PhysicalAddress(Bar.BusRange.Start.Value), Expect.Page), DmaDirection.ToDevice, DmaAttributes.Mmio));
    }

    [Fact]
    public void An_address_of_one_device_means_nothing_to_another()
    {
        PhysicalRange ram = _machine.Ram.AllocateContiguous(Expect.Page);
        string[] names = [.. AllEngines.Select(row => row.Data)];
        foreach (string owner in names)
        {
            DmaEngineDevice engine = _machine.GetEngine(owner);
            DmaAddress address = engine.MapRange(ram, DmaDirection.ToDevice, DmaAttributes.None);
            foreach (DmaEngineDevice other in names.Where(name => name != owner).Select(_machine.GetEngine))
            {
                Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, address, () => other.Read(address, new byte[1]));
            }

            engine.UnmapRange(new DmaRange(address, ram.Length), DmaDirection.ToDevice, DmaAttributes.None);
        }
    }

    [Fact]
    public void A_bus_address_reaches_the_peer_from_below_its_switch_and_from_nowhere_else()
    {
        _machine.Memory.Write(Bar.Range.Start, Expect.Pattern(8192));
        DmaAddress bus = new(Bar.Range.Start.Value + Bar.Provider!.BusOffset);
        Assert.Equal(Bar.BusRange.Start, bus);
        byte[] read = new byte[8192];
        DmaEngineDevice peer = _machine.GetEngine(SampleMachine.PeerEngine);
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, bus, () => peer.Read(bus, read));
        peer.GrantBar(Bar);
        peer.Read(bus, read);
        Assert.Equal(Expect.Pattern(8192), read);
        _machine.GetEngine(SampleMachine.PeerEngine).Write(new DmaAddress(bus.Value + Bar.Range.Length - 4), [1, 2, 3, 4]);
        byte[] tail = new byte[4];
        _machine.Memory.Read(new PhysicalAddress(Bar.Range.Start.Value + Bar.Range.Length - 4), tail);
        Assert.Equal([1, 2, 3, 4], tail);
        foreach (string name in new[] { SampleMachine.IommuEngine, SampleMachine.DirectEngine, SampleMachine.PlatformEngine })
        {
            Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, bus, () => _machine.GetEngine(name).Read(bus, read));
        }

        DmaAddress behind = new(bus.Value + Bar.Range.Length);
        Expect.Faults(
            _machine, DmaFaultReason.NotMapped, DmaAccess.Read, behind, () => _machine.GetEngine(SampleMachine.PeerEngine).Read(new DmaAddress(behind.Value - 1), read));
    }

    [Fact]
    public void A_redirecting_port_keeps_bus_addresses_from_the_peer()
    {
        SoftwareMachineBuilder builder = new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x1000_0000), 0x10_000);
        PciSwitchBuilder shared = builder.AddHostBridge(PciHostBridgePolicy.Listed).AddRootPort().AddSwitch();
        shared.AddDownstreamPort().AddEndpoint("gpu").AddBar(0x10_000);
        shared.AddDownstreamPort(PciAccessControl.RequestRedirect).AddEndpoint("engine").WithDmaEngine();
        SoftwareMachine machine = builder.Build();
        DmaAddress bus = machine.GetPciFunction("gpu").Bars[0].BusRange.Start;
        Expect.Faults(machine, DmaFaultReason.NotMapped, DmaAccess.Read, bus, () => machine.GetEngine("engine").Read(bus, new byte[1]));
    }

    [Theory]
    [InlineData(SampleMachine.IommuEngine)]
    [InlineData(SampleMachine.DirectEngine)]
    public void A_BAR_is_reached_through_the_host_bridge_by_a_mapping(string name)
    {
        DmaEngineDevice engine = _machine.GetEngine(name);
        Assert.Equal(PeerToPeerMapType.ThroughHostBridge, Bar.Function.RouteFrom(engine.PciDevice).MapType);
        PhysicalRange part = new(new PhysicalAddress(Bar.Range.Start.Value + 0x3000), 0x2000);
        DmaAddress address = engine.MapRange(part, DmaDirection.FromDevice, DmaAttributes.Mmio);
        engine.Write(address, Expect.Pattern(0x2000));
        byte[] read = new byte[0x2000];
        _machine.Memory.Read(part.Start, read);
        Assert.Equal(Expect.Pattern(0x2000), read);
        engine.UnmapRange(new DmaRange(address, part.Length), DmaDirection.FromDevice, DmaAttributes.Mmio);
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Write, address, () => engine.Write(address, [1]));
    }

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void An_unmap_that_fits_no_mapping_is_on_record_and_changes_nothing(string name)
    {
        DmaEngineDevice engine = _machine.GetEngine(name);
        PhysicalRange ram = _machine.Ram.AllocateContiguous(2 * Expect.Page);
        DmaRange range = new(engine.MapRange(ram, DmaDirection.ToDevice, DmaAttributes.None), ram.Length);
        engine.UnmapRange(range with { Length = Expect.Page }, DmaDirection.ToDevice, DmaAttributes.None);
        engine.UnmapRange(range with { Start = new DmaAddress(range.Start.Value + Expect.Page) }, DmaDirection.ToDevice, DmaAttributes.None);
        engine.UnmapRange(range, DmaDirection.Bidirectional, DmaAttributes.None);
        engine.UnmapRange(range, DmaDirection.ToDevice, DmaAttributes.Mmio);
        engine.UnmapRange(default, DmaDirection.ToDevice, DmaAttributes.None);
        Assert.Equal(5, _machine.Faults.TotalCount);
        Assert.All(_machine.Faults.Snapshot(), fault => Assert.Equal(DmaFaultReason.UnmapMismatch, fault.Reason));
        engine.Read(range.Start, new byte[8192]);
        engine.UnmapRange(range, DmaDirection.ToDevice, DmaAttributes.None);
        Assert.Equal((0, 5L), (engine.LiveMappingCount, _machine.Faults.TotalCount));
    }

    [Theory]
    [MemberData(nameof(AllEngines))]
    public void Bad_maps_are_refused_and_leave_nothing(string name)
    {
        DmaEngineDevice engine = _machine.GetEngine(name);
        PhysicalRange ram = _machine.Ram.AllocateContiguous(Expect.Page);
        PhysicalRange last = new(new PhysicalAddress(0x110_0000_0000 - Expect.Page), 2 * Expect.Page);
        Expect.Fails(Errno.EINVAL, () => engine.MapRange(ram with { Length = 0 }, DmaDirection.ToDevice, DmaAttributes.None));
        Expect.Fails(Errno.EINVAL, () => engine.MapRange(ram with { Length = 1 }, DmaDirection.ToDevice, DmaAttributes.None));
        Expect.Fails(Errno.EINVAL, () => engine.MapRange(ram, (DmaDirection)9, DmaAttributes.None));
        Expect.Fails(Errno.EINVAL, () => engine.MapRange(ram, DmaDirection.ToDevice, (DmaAttributes)8));
        Expect.Fails(Errno.EINVAL, () => engine.MapRange(ram, DmaDirection.ToDevice, DmaAttributes.Mmio));
        Expect.Fails(Errno.EINVAL, () => engine.MapRange(Bar.Range, DmaDirection.ToDevice, DmaAttributes.None));
        Expect.Fails(Errno.EFAULT, () => engine.MapRange(last, DmaDirection.ToDevice, DmaAttributes.None));
        Assert.Equal(0, engine.LiveMappingCount);
    }

    [Fact]
    public void Ranges_must_add_up_to_the_bytes()
    {
        DmaEngineDevice engine = _machine.GetEngine(SampleMachine.DirectEngine);
        PhysicalRange ram = _machine.Ram.AllocateContiguous(Expect.Page);
        DmaRange range = new(engine.MapRange(ram, DmaDirection.Bidirectional, DmaAttributes.None), ram.Length);
        Expect.Fails(Errno.EINVAL, () => engine.Read([range], new byte[4095]));
        Expect.Fails(Errno.EINVAL, () => engine.Read([range], new byte[4097]));
        Expect.Fails(Errno.EINVAL, () => engine.Write([range, range with { Length = ulong.MaxValue }], new byte[4097]));
        engine.Write([range with { Length = 4000 }, new DmaRange(new DmaAddress(range.Start.Value + 4000), 96)], Expect.Pattern(4096));
        byte[] read = new byte[4096];
        engine.Read([range], read);
        Assert.Equal(Expect.Pattern(4096), read);
    }

    [Fact]
    public void Costs_say_whether_an_IOMMU_is_written()
    {
        Assert.Equal(MappingCost.IommuMap, _machine.GetEngine(SampleMachine.IommuEngine).RangeMappingCost);
        Assert.Equal(MappingCost.None, _machine.GetEngine(SampleMachine.DirectEngine).RangeMappingCost);
    }

    [Fact]
    public void Memory_mapped_twice_without_an_IOMMU_stays_until_both_are_unmapped()
    {
        DmaEngineDevice engine = _machine.GetEngine(SampleMachine.DirectEngine);
        PhysicalRange ram = _machine.Ram.AllocateContiguous(4 * Expect.Page);
        PhysicalRange middle = new(new PhysicalAddress(ram.Start.Value + Expect.Page), 2 * Expect.Page);
        DmaRange all = new(engine.MapRange(ram, DmaDirection.ToDevice, DmaAttributes.None), ram.Length);
        DmaRange inner = new(engine.MapRange(middle, DmaDirection.FromDevice, DmaAttributes.None), middle.Length);
        Assert.Equal(all, new DmaRange(engine.MapRange(ram, DmaDirection.ToDevice, DmaAttributes.None), ram.Length));
        engine.UnmapRange(all, DmaDirection.ToDevice, DmaAttributes.None);
        engine.Read([all], new byte[4 * 4096]);
        engine.Write([inner], new byte[2 * 4096]);
        Expect.Faults(_machine, DmaFaultReason.Permission, DmaAccess.Write, all.Start, () => engine.Write(all.Start, [1]));
        engine.UnmapRange(all, DmaDirection.ToDevice, DmaAttributes.None);
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, all.Start, () => engine.Read(all.Start, new byte[1]));
        Expect.Faults(_machine, DmaFaultReason.Permission, DmaAccess.Read, inner.Start, () => engine.Read(inner.Start, new byte[1]));
        engine.UnmapRange(inner, DmaDirection.FromDevice, DmaAttributes.None);
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Write, inner.Start, () => engine.Write(inner.Start, [1]));
        Assert.Equal(0, engine.LiveMappingCount);
    }

    [Fact]
    public void An_address_limit_is_observed_by_the_allocator_and_without_an_IOMMU_refuses_the_memory()
    {
        SoftwareMachineBuilder builder = new SoftwareMachineBuilder()
            .AddRam(new PhysicalAddress(0x1000_0000), 0x10_000)
            .AddIommu("iommu", new DmaRange(new DmaAddress(0x8000_0000), 0x1_0000_0000))
            .AddPlatformDmaEngine("low", new DmaEngineOptions { LastAddress = new DmaAddress(0xFFFF_FFFF) })
            .AddPlatformDmaEngine("translated", new DmaEngineOptions { Iommu = "iommu", LastAddress = new DmaAddress(0x8000_4FFF) });
        SoftwareMachine machine = builder.Build();
        PhysicalRange ram = machine.Ram.AllocateContiguous(2 * Expect.Page);
        Expect.Fails(Errno.EFAULT, () => machine.GetEngine("low").MapRange(ram, DmaDirection.ToDevice, DmaAttributes.None));
        DmaEngineDevice translated = machine.GetEngine("translated");
        DmaAddress first = translated.MapRange(ram, DmaDirection.ToDevice, DmaAttributes.None);
        Expect.Fails(Errno.ENOMEM, () => translated.MapRange(ram, DmaDirection.ToDevice, DmaAttributes.None));
        Assert.Null(translated.TryReserveIova(ram.Length));
        translated.UnmapRange(new DmaRange(first, ram.Length), DmaDirection.ToDevice, DmaAttributes.None);
        Assert.Equal(0, translated.LiveMappingCount);
        DmaAddress beyond = new(0x8000_4FFF);
        Expect.Faults(machine, DmaFaultReason.OutOfReach, DmaAccess.Read, beyond, () => translated.Read(beyond, new byte[2]));
    }

    [Fact]
    public void The_log_keeps_the_newest_faults_and_counts_all()
    {
        DmaEngineDevice engine = _machine.GetEngine(SampleMachine.DirectEngine);
        for (int count = 0; count < DmaFaultLog.Capacity + 10; count++)
        {
            Expect.Fails(Errno.EFAULT, () => engine.Read(new DmaAddress(0), new byte[1]));
        }

        DmaFault[] faults = _machine.Faults.Snapshot();
        Assert.Equal(DmaFaultLog.Capacity, faults.Length);
        Assert.Equal((11L, DmaFaultLog.Capacity + 10L), (faults[0].Sequence, faults[^1].Sequence));
        Assert.Equal(DmaFaultLog.Capacity + 10L, _machine.Faults.TotalCount);
    }
}
