using CsCheck;

namespace DmaBuf.Machine.Tests;

public sealed class SoftwareIommuDomainTests
{
    private readonly SoftwareMachine _machine = SoftwareMachine.CreateSample();
    private readonly DmaEngineDevice _engine;
    private readonly SoftwareIommuDomain _domain;
    private readonly PhysicalRange _ram;

    public SoftwareIommuDomainTests()
    {
        _engine = _machine.GetEngine(SampleMachine.IommuEngine);
        _domain = _machine.GetIommu(SampleMachine.Iommu).CreateDomain("guest");
        _ram = _machine.Ram.AllocateContiguous(16 * Expect.Page);
        _engine.AttachDomain(_domain);
    }

    [Fact]
    public void A_device_reaches_what_the_owner_of_its_domain_mapped()
    {
        _machine.Memory.Write(_ram.Start, Expect.Pattern(16 * 4096));
        _domain.Map(new DmaAddress(0x7000), _ram, DmaDirection.ToDevice, DmaAttributes.None);
        byte[] read = new byte[16 * 4096];
        _engine.Read(new DmaAddress(0x7000), read);
        Assert.Equal(Expect.Pattern(16 * 4096), read);
    }

    [Fact]
    public void Unmapping_a_part_leaves_the_rest_where_it_was()
    {
        byte[] pattern = Expect.Pattern(16 * 4096);
        _machine.Memory.Write(_ram.Start, pattern);
        _domain.Map(new DmaAddress(0x10_000), _ram, DmaDirection.Bidirectional, DmaAttributes.None);
        _domain.Unmap(new DmaRange(new DmaAddress(0x12_000), 3 * Expect.Page));
        Assert.Equal(13 * Expect.Page, _domain.MappedBytes);
        byte[] page = new byte[4096];
        _engine.Read(new DmaAddress(0x11_000), page);
        Assert.Equal(pattern[4096..8192], page);
        _engine.Read(new DmaAddress(0x15_000), page);
        Assert.Equal(pattern[(5 * 4096)..(6 * 4096)], page);
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, new DmaAddress(0x12_000), () => _engine.Read(new DmaAddress(0x12_000), page));
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, new DmaAddress(0x12_000), () => _engine.Read(new DmaAddress(0x11_fff), page));
    }

    [Fact]
    public void Permission_and_memory_type_are_enforced_at_the_access()
    {
        PhysicalRange bar = _machine.GetPciFunction(SampleMachine.Gpu).Bars[0].Range with { Length = Expect.Page };
        PhysicalRange page = _ram with { Length = Expect.Page };
        _domain.Map(new DmaAddress(0x1000), page, DmaDirection.ToDevice, DmaAttributes.None);
        _domain.Map(new DmaAddress(0x2000), page, DmaDirection.FromDevice, DmaAttributes.None);
        _domain.Map(new DmaAddress(0x3000), page, DmaDirection.Bidirectional, DmaAttributes.Mmio);
        _domain.Map(new DmaAddress(0x4000), bar, DmaDirection.Bidirectional, DmaAttributes.None);
        _domain.Map(new DmaAddress(0x5000), bar, DmaDirection.Bidirectional, DmaAttributes.Mmio);
        _domain.Map(new DmaAddress(0x6000), page with { Start = new PhysicalAddress(0x1000) }, DmaDirection.Bidirectional, DmaAttributes.None);
        byte[] bytes = new byte[8];
        Expect.Faults(_machine, DmaFaultReason.Permission, DmaAccess.Write, new DmaAddress(0x1000), () => _engine.Write(new DmaAddress(0x1000), bytes));
        Expect.Faults(_machine, DmaFaultReason.Permission, DmaAccess.Read, new DmaAddress(0x2000), () => _engine.Read(new DmaAddress(0x2000), bytes));
        Expect.Faults(_machine, DmaFaultReason.MemoryType, DmaAccess.Read, new DmaAddress(0x3000), () => _engine.Read(new DmaAddress(0x3000), bytes));
        Expect.Faults(_machine, DmaFaultReason.MemoryType, DmaAccess.Write, new DmaAddress(0x4000), () => _engine.Write(new DmaAddress(0x4000), bytes));
        Expect.Faults(_machine, DmaFaultReason.NoTarget, DmaAccess.Read, new DmaAddress(0x6000), () => _engine.Read(new DmaAddress(0x6000), bytes));
        _engine.Write(new DmaAddress(0x5000), Expect.Pattern(8));
        _machine.Memory.Read(bar.Start, bytes);
        Assert.Equal(Expect.Pattern(8), bytes);
    }

    [Fact]
    public void Bad_maps_are_refused_and_change_nothing()
    {
        _domain.Map(new DmaAddress(0x10_000), _ram, DmaDirection.Bidirectional, DmaAttributes.None);
        void Map(ulong address, PhysicalRange range, DmaDirection direction = DmaDirection.ToDevice, DmaAttributes attributes = DmaAttributes.None) =>
            _domain.Map(new DmaAddress(address), range, direction, attributes);
        Expect.Fails(Errno.EEXIST, () => Map(0xF000, _ram));
        Expect.Fails(Errno.EEXIST, () => Map(0x1F_000, _ram));
        Expect.Fails(Errno.EEXIST, () => Map(0x11_000, _ram with { Length = Expect.Page }));
        Expect.Fails(Errno.EINVAL, () => Map(0x100, _ram));
        Expect.Fails(Errno.EINVAL, () => Map(ulong.MaxValue - Expect.Page + 1, _ram));
        Expect.Fails(Errno.EINVAL, () => Map(0x1000, _ram with { Length = 0 }));
        Expect.Fails(Errno.EINVAL, () => Map(0x1000, _ram with { Length = 100 }));
        Expect.Fails(Errno.EINVAL, () => Map(0x1000, new PhysicalRange(new PhysicalAddress(0x10_0000_0001), Expect.Page)));
        Expect.Fails(Errno.EINVAL, () => Map(0x1000, _ram, (DmaDirection)3));
        Expect.Fails(Errno.EINVAL, () => Map(0x1000, _ram, attributes: (DmaAttributes)2));
        Assert.Equal(_ram.Length, _domain.MappedBytes);
    }

    [Fact]
    public void Unmap_takes_any_range_without_throwing()
    {
        _domain.Map(new DmaAddress(0x10_000), _ram, DmaDirection.Bidirectional, DmaAttributes.None);
        _domain.Unmap(new DmaRange(new DmaAddress(0x10_000), 0));
        _domain.Unmap(new DmaRange(new DmaAddress(ulong.MaxValue), ulong.MaxValue));
        Assert.Equal(_ram.Length, _domain.MappedBytes);
        _domain.Unmap(new DmaRange(new DmaAddress(0x11_800), 0x1000));
        Assert.Equal(_ram.Length - (2 * Expect.Page), _domain.MappedBytes);
        _domain.Unmap(new DmaRange(new DmaAddress(0), ulong.MaxValue));
        Assert.Equal(0UL, _domain.MappedBytes);
    }

    [Fact]
    public void A_device_in_a_foreign_domain_cannot_use_its_own_mappings_until_it_is_back()
    {
        Expect.Fails(Errno.EBUSY, () => _engine.MapRange(_ram, DmaDirection.ToDevice, DmaAttributes.None));
        Assert.Null(_engine.TryReserveIova(Expect.Page));
        Expect.Fails(Errno.EBUSY, () => _engine.AttachDomain(_domain));
        _engine.DetachDomain();
        DmaAddress address = _engine.MapRange(_ram, DmaDirection.ToDevice, DmaAttributes.None);
        Expect.Fails(Errno.EBUSY, () => _engine.AttachDomain(_domain));
        _engine.UnmapRange(new DmaRange(address, _ram.Length), DmaDirection.ToDevice, DmaAttributes.None);
        _engine.AttachDomain(_domain);
        Assert.Equal(0, _engine.LiveMappingCount);
    }

    [Fact]
    public void Only_a_device_behind_the_same_IOMMU_enters_a_domain()
    {
        Expect.Fails(Errno.EOPNOTSUPP, () => _machine.GetEngine(SampleMachine.DirectEngine).AttachDomain(_domain));
        SoftwareIommuDomain foreign = SoftwareMachine.CreateSample().GetIommu(SampleMachine.Iommu).CreateDomain("foreign");
        Expect.Fails(Errno.EINVAL, () => _machine.GetEngine(SampleMachine.PeerEngine).AttachDomain(foreign));
        Assert.Throws<ArgumentNullException>(() => _engine.AttachDomain(null!));
    }

    [Fact]
    public void Any_sequence_of_maps_and_unmaps_agrees_with_a_table_of_pages()
    {
        Gen.Select(Gen.Bool, Gen.Int[0, 31], Gen.Int[1, 8], Gen.Int[0, 8]).List[1, 60].Sample(
            steps =>
            {
                SoftwareMachine machine = SoftwareMachine.CreateSample();
                PhysicalRange ram = machine.Ram.AllocateContiguous(16 * Expect.Page);
                for (int page = 0; page < 16; page++)
                {
                    machine.Memory.Write(new PhysicalAddress(ram.Start.Value + ((ulong)page * Expect.Page)), [(byte)(page + 1)]);
                }

                DmaEngineDevice engine = machine.GetEngine(SampleMachine.IommuEngine);
                SoftwareIommuDomain domain = machine.GetIommu(SampleMachine.Iommu).CreateDomain("model");
                engine.AttachDomain(domain);
                int?[] model = new int?[40];
                foreach ((bool unmap, int at, int count, int target) in steps)
                {
                    DmaRange addresses = new(new DmaAddress((ulong)at * Expect.Page), (ulong)count * Expect.Page);
                    if (unmap)
                    {
                        domain.Unmap(addresses);
                        model.AsSpan(at, count).Clear();
                        continue;
                    }

                    PhysicalRange range = new(new PhysicalAddress(ram.Start.Value + ((ulong)target * Expect.Page)), addresses.Length);
                    if (model.AsSpan(at, count).ContainsAnyExcept((int?)null))
                    {
                        Expect.Fails(Errno.EEXIST, () => domain.Map(addresses.Start, range, DmaDirection.ToDevice, DmaAttributes.None));
                        continue;
                    }

                    domain.Map(addresses.Start, range, DmaDirection.ToDevice, DmaAttributes.None);
                    for (int page = 0; page < count; page++)
                    {
                        model[at + page] = target + page;
                    }
                }

                Assert.Equal((ulong)model.Count(page => page is not null) * Expect.Page, domain.MappedBytes);
                byte[] first = new byte[1];
                for (int page = 0; page < model.Length; page++)
                {
                    DmaAddress address = new((ulong)page * Expect.Page);
                    if (model[page] is int expected)
                    {
                        engine.Read(address, first);
                        Assert.Equal(expected + 1, first[0]);
                    }
                    else
                    {
                        Expect.Faults(machine, DmaFaultReason.NotMapped, DmaAccess.Read, address, () => engine.Read(address, first));
                    }
                }
            },
            iter: 100);
    }
}
