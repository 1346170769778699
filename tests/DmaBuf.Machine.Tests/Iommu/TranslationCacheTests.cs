namespace DmaBuf.Machine.Tests;

public sealed class TranslationCacheTests
{
    private static readonly DmaAddress s_address = new(0x20_0000);

    private readonly SoftwareMachine _machine = SoftwareMachine.CreateSample();
    private readonly DmaEngineDevice _engine;
    private readonly SoftwareIommuDomain _domain;
    private readonly PhysicalRange _old;
    private readonly PhysicalRange _new;
    private readonly DmaRange _page = new(s_address, Expect.Page);
    private readonly byte[] _byte = new byte[1];

    public TranslationCacheTests()
    {
        _engine = _machine.GetEngine(SampleMachine.IommuEngine);
        _domain = _machine.GetIommu(SampleMachine.Iommu).CreateDomain("driver");
        _engine.AttachDomain(_domain);
        _old = _machine.Ram.AllocateContiguous(Expect.Page);
        _new = _machine.Ram.AllocateContiguous(Expect.Page);
        _machine.Memory.Write(_old.Start, [1]);
        _machine.Memory.Write(_new.Start, [2]);
    }

    [Fact]
    public void A_driver_that_forgets_the_invalidation_leaves_its_device_in_the_old_page()
    {
        Replace(() => _domain.UnmapWithoutInvalidation(_page));
        Assert.True(_domain.TryTranslate(s_address, out IoTranslation said));
        Assert.Equal(_new.Start, said.Physical);
        Assert.Equal(1, ReadByte());
        _engine.Write(s_address, [7]);
        _machine.Memory.Read(_old.Start, _byte);
        Assert.Equal(7, _byte[0]);
        _machine.Memory.Read(_new.Start, _byte);
        Assert.Equal(2, _byte[0]);
        Assert.Equal(0, _machine.Faults.TotalCount);
        _domain.Invalidate(_page);
        Assert.Equal(2, ReadByte());
    }

    [Fact]
    public void A_removed_translation_without_invalidation_still_translates()
    {
        MapOld();
        Assert.Equal(1, ReadByte());
        _domain.UnmapWithoutInvalidation(_page);
        Assert.Equal(0UL, _domain.MappedBytes);
        Assert.False(_domain.TryTranslate(s_address, out _));
        Assert.Equal(1, ReadByte());
        _domain.InvalidateAll();
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, s_address, () => _engine.Read(s_address, _byte));
    }

    [Fact]
    public void A_driver_that_invalidates_reaches_the_new_page()
    {
        Replace(() =>
        {
            _domain.UnmapWithoutInvalidation(_page);
            _domain.Invalidate(_page);
        });
        Assert.Equal(2, ReadByte());
        Replace(() => _domain.Unmap(_page));
        Assert.Equal(2, ReadByte());
        Replace(() =>
        {
            _domain.UnmapWithoutInvalidation(_page);
            _domain.InvalidateAll();
        });
        Assert.Equal(2, ReadByte());
    }

    [Fact]
    public void An_invalidation_beside_the_page_does_not_help()
    {
        Replace(() =>
        {
            _domain.UnmapWithoutInvalidation(_page);
            _domain.Invalidate(new DmaRange(new DmaAddress(s_address.Value + Expect.Page), 1UL << 30));
            _domain.Invalidate(new DmaRange(new DmaAddress(s_address.Value - Expect.Page), Expect.Page));
            _domain.Invalidate(_page with { Length = 0 });
        });
        Assert.Equal(1, ReadByte());
    }

    [Theory]
    [InlineData(2UL << 20)]
    [InlineData(1UL << 30)]
    public void A_cached_large_page_is_forgotten_when_any_part_of_it_is_unmapped(ulong size)
    {
        DmaAddress start = new(size);
        PhysicalRange ram = new(new PhysicalAddress(0x40_0000_0000), size);
        _domain.Map(start, ram, DmaDirection.Bidirectional, DmaAttributes.None);
        _engine.Read(start, _byte);
        Assert.Equal(1, _domain.Statistics.CachedPages);
        DmaRange last = new(new DmaAddress((2 * size) - Expect.Page), Expect.Page);
        _domain.UnmapWithoutInvalidation(last);
        _engine.Read(last.Start, _byte);
        _domain.Invalidate(last);
        Assert.Equal(0, _domain.Statistics.CachedPages);
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, last.Start, () => _engine.Read(last.Start, _byte));
        _engine.Read(start, _byte);
    }

    [Fact]
    public void A_stale_permission_holds_until_it_is_invalidated()
    {
        MapOld();
        _engine.Write(s_address, [1]);
        _domain.UnmapWithoutInvalidation(_page);
        _domain.Map(s_address, _old, DmaDirection.ToDevice, DmaAttributes.None);
        _engine.Write(s_address, [1]);
        _domain.Invalidate(_page);
        Expect.Faults(_machine, DmaFaultReason.Permission, DmaAccess.Write, s_address, () => _engine.Write(s_address, [1]));
    }

    [Fact]
    public void What_is_not_mapped_is_not_remembered()
    {
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, s_address, () => _engine.Read(s_address, _byte));
        MapOld();
        Assert.Equal(1, ReadByte());
    }

    [Fact]
    public void The_cache_is_bounded_and_counts_walks_and_hits()
    {
        const int Pages = 4096;
        PhysicalRange ram = _machine.Ram.AllocateContiguous(Pages * Expect.Page);
        // A shift of one page keeps large pages away.
        _domain.Map(new DmaAddress(Expect.Page), ram with { Length = (Pages - 1) * Expect.Page }, DmaDirection.ToDevice, DmaAttributes.None);
        byte[] all = new byte[(Pages - 1) * (int)Expect.Page];
        _engine.Read(new DmaAddress(Expect.Page), all);
        IommuDomainStatistics first = _domain.Statistics;
        Assert.Equal((Pages - 1, 0), (first.Walks, first.Hits));
        Assert.InRange(first.CachedPages, 1, 256);
        _engine.Read(new DmaAddress((Pages - 1) * Expect.Page), _byte);
        Assert.Equal((Pages - 1, 1), (_domain.Statistics.Walks, _domain.Statistics.Hits));
        _domain.Unmap(new DmaRange(new DmaAddress(0), ulong.MaxValue));
        Assert.Equal((0, 1L), (_domain.Statistics.CachedPages, _domain.Statistics.Invalidations));
    }

    private void MapOld() => _domain.Map(s_address, _old, DmaDirection.Bidirectional, DmaAttributes.None);

    private void Replace(Action remove)
    {
        _domain.Unmap(_page);
        MapOld();
        Assert.Equal(1, ReadByte());
        remove();
        _domain.Map(s_address, _new, DmaDirection.Bidirectional, DmaAttributes.None);
    }

    private byte ReadByte()
    {
        _engine.Read(s_address, _byte);
        return _byte[0];
    }
}
