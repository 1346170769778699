namespace DmaBuf.Machine.Tests;

public sealed class IovaReservationTests
{
    private readonly SoftwareMachine _machine = SoftwareMachine.CreateSample();
    private readonly DmaEngineDevice _engine;
    private readonly PhysicalRange _bar;

    public IovaReservationTests()
    {
        _engine = _machine.GetEngine(SampleMachine.IommuEngine);
        _bar = _machine.GetPciFunction(SampleMachine.Gpu).Bars[0].Range;
        _machine.Memory.Write(_bar.Start, Expect.Pattern(16 * 4096));
    }

    [Fact]
    public void Linked_ranges_form_one_run_in_the_order_of_their_offsets()
    {
        IIovaReservation block = _engine.TryReserveIova(3 * Expect.Page)!;
        Link(block, 2, Part(9, 1));
        Link(block, 0, Part(4, 2));
        block.Synchronize(3 * Expect.Page);
        byte[] read = new byte[3 * 4096];
        _engine.Read(block.Start, read);
        byte[] pattern = Expect.Pattern(16 * 4096);
        Assert.Equal([.. pattern[(4 * 4096)..(6 * 4096)], .. pattern[(9 * 4096)..(10 * 4096)]], read);
        block.Release(3 * Expect.Page, DmaDirection.Bidirectional, DmaAttributes.Mmio);
        Assert.Equal(0, _machine.Faults.TotalCount);
    }

    [Fact]
    public void A_link_is_invisible_until_it_is_synchronised()
    {
        IIovaReservation block = _engine.TryReserveIova(4 * Expect.Page)!;
        Link(block, 0, Part(0, 3));
        byte[] bytes = new byte[16];
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, block.Start, () => _engine.Read(block.Start, bytes));

        block.Synchronize(2 * Expect.Page);
        _engine.Read(block.Start, bytes);
        Assert.Equal(Expect.Pattern(16 * 4096)[..16], bytes);
        DmaAddress third = new(block.Start.Value + (2 * Expect.Page));
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, third, () => _engine.Read(third, bytes));

        Link(block, 3, Part(7, 1));
        block.Synchronize(4 * Expect.Page);
        byte[] all = new byte[4 * 4096];
        _engine.Read(block.Start, all);
        Assert.Equal([.. Expect.Pattern(16 * 4096)[..(3 * 4096)], .. Expect.Pattern(16 * 4096)[(7 * 4096)..(8 * 4096)]], all);
        block.Release(4 * Expect.Page, DmaDirection.Bidirectional, DmaAttributes.Mmio);
    }

    [Fact]
    public void A_second_link_at_the_same_place_is_refused_and_the_first_stays()
    {
        IIovaReservation block = _engine.TryReserveIova(4 * Expect.Page)!;
        Link(block, 1, Part(0, 2));
        Expect.Fails(Errno.EINVAL, () => Link(block, 1, Part(5, 1)));
        Expect.Fails(Errno.EINVAL, () => Link(block, 2, Part(5, 1)));
        Expect.Fails(Errno.EINVAL, () => Link(block, 0, Part(5, 2)));
        Expect.Fails(Errno.EINVAL, () => Link(block, 0, Part(5, 4)));
        block.Synchronize(4 * Expect.Page);
        byte[] read = new byte[2 * 4096];
        _engine.Read(new DmaAddress(block.Start.Value + Expect.Page), read);
        Assert.Equal(Expect.Pattern(16 * 4096)[..(2 * 4096)], read);
        block.Release(3 * Expect.Page, DmaDirection.Bidirectional, DmaAttributes.Mmio);
        Assert.Equal(0, _machine.Faults.TotalCount);
    }

    [Fact]
    public void A_link_outside_of_the_block_or_not_on_a_page_is_refused()
    {
        IIovaReservation block = _engine.TryReserveIova(2 * Expect.Page)!;
        Expect.Fails(Errno.EINVAL, () => Link(block, 2, Part(0, 1)));
        Expect.Fails(Errno.EINVAL, () => Link(block, 1, Part(0, 2)));
        Expect.Fails(Errno.EINVAL, () => block.Link(ulong.MaxValue - Expect.Page + 1, Part(0, 2), DmaDirection.Bidirectional, DmaAttributes.Mmio));
        Expect.Fails(Errno.EINVAL, () => block.Link(100, Part(0, 1), DmaDirection.Bidirectional, DmaAttributes.Mmio));
        Expect.Fails(Errno.EINVAL, () => block.Link(0, Part(0, 1), DmaDirection.Bidirectional, DmaAttributes.None));
        Expect.Fails(Errno.EFAULT, () => block.Link(0, new PhysicalRange(new PhysicalAddress(0x1000), Expect.Page), DmaDirection.ToDevice, DmaAttributes.Mmio));
        Expect.Fails(Errno.EINVAL, () => block.Synchronize(3 * Expect.Page));
        Expect.Fails(Errno.EINVAL, () => block.Synchronize(5));
        block.Release(0, DmaDirection.Bidirectional, DmaAttributes.Mmio);
        Assert.Equal(0, _machine.Faults.TotalCount);
    }

    [Fact]
    public void Release_takes_away_the_translations_and_the_addresses()
    {
        IIovaReservation block = _engine.TryReserveIova(2 * Expect.Page)!;
        Link(block, 0, Part(0, 2));
        block.Synchronize(2 * Expect.Page);
        Assert.Equal(1, _engine.LiveMappingCount);
        block.Release(2 * Expect.Page, DmaDirection.Bidirectional, DmaAttributes.Mmio);
        Assert.Equal(0, _engine.LiveMappingCount);
        byte[] bytes = new byte[1];
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, block.Start, () => _engine.Read(block.Start, bytes));
        Expect.Fails(Errno.EINVAL, () => Link(block, 0, Part(0, 1)));
        Expect.Fails(Errno.EINVAL, () => block.Synchronize(Expect.Page));

        IIovaReservation next = _engine.TryReserveIova(2 * Expect.Page)!;
        Assert.Equal(block.Start, next.Start);
        next.Release(0, DmaDirection.Bidirectional, DmaAttributes.Mmio);
    }

    [Theory]
    [InlineData(1UL, DmaDirection.Bidirectional, DmaAttributes.Mmio)]
    [InlineData(2UL, DmaDirection.ToDevice, DmaAttributes.Mmio)]
    [InlineData(2UL, DmaDirection.Bidirectional, DmaAttributes.None)]
    public void A_release_that_does_not_fit_is_on_record_and_still_frees_everything(ulong pages, DmaDirection direction, DmaAttributes attributes)
    {
        IIovaReservation block = _engine.TryReserveIova(2 * Expect.Page)!;
        Link(block, 0, Part(0, 2));
        block.Synchronize(2 * Expect.Page);
        block.Release(pages * Expect.Page, direction, attributes);
        DmaFault fault = Assert.Single(_machine.Faults.Snapshot());
        Assert.Equal((DmaFaultReason.UnmapMismatch, SampleMachine.IommuEngine), (fault.Reason, fault.Device));
        Assert.Null(fault.Access);
        Assert.Equal(0, _engine.LiveMappingCount);
        DmaAddress second = new(block.Start.Value + Expect.Page);
        byte[] bytes = new byte[1];
        Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, second, () => _engine.Read(second, bytes));
    }

    [Fact]
    public void A_second_release_is_on_record_and_does_not_hurt_the_next_owner()
    {
        IIovaReservation block = _engine.TryReserveIova(Expect.Page)!;
        block.Release(0, DmaDirection.ToDevice, DmaAttributes.None);
        DmaAddress address = _engine.MapRange(Part(3, 1), DmaDirection.ToDevice, DmaAttributes.Mmio);
        Assert.Equal(block.Start, address);
        block.Release(0, DmaDirection.ToDevice, DmaAttributes.None);
        Assert.Equal(DmaFaultReason.UnmapMismatch, Assert.Single(_machine.Faults.Snapshot()).Reason);
        _engine.Read(address, new byte[16]);
        _engine.UnmapRange(new DmaRange(address, Expect.Page), DmaDirection.ToDevice, DmaAttributes.Mmio);
    }

    [Fact]
    public void A_block_is_had_only_where_there_is_an_IOMMU_and_room()
    {
        Assert.Null(_machine.GetEngine(SampleMachine.DirectEngine).TryReserveIova(Expect.Page));
        Assert.Null(_engine.TryReserveIova(1UL << 60));
        Expect.Fails(Errno.EINVAL, () => _engine.TryReserveIova(0));
        Expect.Fails(Errno.EINVAL, () => _engine.TryReserveIova(5));
        Assert.Equal(0, _engine.LiveMappingCount);
    }

    private static void Link(IIovaReservation block, ulong page, PhysicalRange range) =>
        block.Link(page * Expect.Page, range, DmaDirection.Bidirectional, DmaAttributes.Mmio);

    private PhysicalRange Part(ulong page, ulong count) => new(new PhysicalAddress(_bar.Start.Value + (page * Expect.Page)), count * Expect.Page);
}
