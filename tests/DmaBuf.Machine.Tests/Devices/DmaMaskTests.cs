namespace DmaBuf.Machine.Tests;

public sealed class DmaMaskTests
{
    private const ulong Bits32 = uint.MaxValue;

    private readonly BounceBench _bench = new();

    [Fact]
    public void The_last_address_is_the_lower_of_what_the_hardware_forms_and_what_the_driver_says()
    {
        DmaEngineDevice wide = _bench.Machine.GetEngine(BounceBench.Wide);
        Assert.Equal((ulong.MaxValue, ulong.MaxValue), (wide.DmaMask, wide.LastAddress.Value));
        wide.SetDmaMask((1UL << 40) - 1);
        Assert.Equal((1UL << 40) - 1, wide.LastAddress.Value);

        // A driver may claim more than its bus carries.
        _bench.Engine.SetDmaMask(ulong.MaxValue);
        Assert.Equal((ulong.MaxValue, Bits32), (_bench.Engine.DmaMask, _bench.Engine.LastAddress.Value));
    }

    [Fact]
    public void A_last_address_that_is_no_mask_shows_the_mask_that_covers_it()
    {
        SoftwareMachine machine = new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x1000), Expect.Page)
            .AddPlatformDmaEngine("odd", new DmaEngineOptions { LastAddress = new DmaAddress(0x8000_1234) }).Build();
        Assert.Equal((Bits32, 0x8000_1234UL), (machine.GetEngine("odd").DmaMask, machine.GetEngine("odd").LastAddress.Value));
    }

    [Fact]
    public void A_narrower_mask_changes_what_later_mappings_get_and_cost()
    {
        DmaEngineDevice wide = _bench.Machine.GetEngine(BounceBench.Wide);
        PhysicalRange ram = _bench.HighPages(1);
        DmaRange before = new(wide.MapRange(ram, DmaDirection.Bidirectional, DmaAttributes.None), ram.Length);
        wide.SetDmaMask(Bits32);
        Assert.Equal(MappingCost.Bounce, wide.RangeMappingCost);
        DmaRange after = new(wide.MapRange(ram, DmaDirection.ToDevice, DmaAttributes.None), ram.Length);
        Assert.True(_bench.LiesInPool(after) && !_bench.LiesInPool(before));
        wide.Write(before.Start, [1]);
        wide.UnmapRange(before, DmaDirection.Bidirectional, DmaAttributes.None);
        wide.UnmapRange(after, DmaDirection.ToDevice, DmaAttributes.None);
        _bench.Machine.Ram.Free(ram);
        Assert.Equal(0, _bench.Machine.Faults.TotalCount);
        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_mask_with_which_nothing_could_be_mapped_is_EIO_and_changes_nothing()
    {
        // 0x5000_0000 is where the pool begins for the device; 30 bits end below.
        DmaBufException refused = Expect.Fails(Errno.EIO, () => _bench.Engine.SetDmaMask((1UL << 30) - 1));
        Assert.Contains("Try a wider mask", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Bits32, _bench.Engine.DmaMask);
        _bench.Engine.SetDmaMask((1UL << 31) - 1);

        DmaEngineDevice direct = new BounceBench(poolPages: 0).Engine;
        Expect.Fails(Errno.EIO, () => direct.SetDmaMask((1UL << 30) - 1));
        direct.SetDmaMask((1UL << 31) - 1);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(0x8000_0000UL)]
    [InlineData(0xFFFF_FFF0UL)]
    public void A_number_that_is_no_mask_is_refused(ulong mask) => Expect.Fails(Errno.EINVAL, () => _bench.Engine.SetDmaMask(mask));

    [Fact]
    public void Behind_an_IOMMU_the_mask_bounds_the_addresses_that_are_handed_out_and_nothing_bounces()
    {
        SoftwareMachine machine = new SoftwareMachineBuilder()
            .AddRam(new PhysicalAddress(BounceBench.High), 16 * Expect.Page).AddBouncePool(Expect.Page)
            .AddIommu("iommu", new DmaRange(new DmaAddress(0x8000_0000), 0x1_0000_0000))
            .AddPlatformDmaEngine("engine", new DmaEngineOptions { Iommu = "iommu" }).Build();
        DmaEngineDevice engine = machine.GetEngine("engine");
        Expect.Fails(Errno.EIO, () => engine.SetDmaMask((1UL << 31) - 1));
        engine.SetDmaMask(Bits32);
        Assert.Equal(MappingCost.IommuMap, engine.RangeMappingCost);
        Assert.Null(engine.TryReserveIova(0x8000_0000));
        IIovaReservation block = engine.TryReserveIova(0x7FFF_0000)!;
        Assert.True(block.Start.Value + block.Length - 1 <= Bits32);
        PhysicalRange ram = machine.Ram.AllocateContiguous(Expect.Page);
        DmaRange mapped = new(engine.MapRange(ram, DmaDirection.ToDevice, DmaAttributes.None), ram.Length);
        Assert.True(mapped.Start.Value <= Bits32);
        engine.UnmapRange(mapped, DmaDirection.ToDevice, DmaAttributes.None);
        block.Release(0, DmaDirection.ToDevice, DmaAttributes.None);
        Assert.Equal((0, 0UL, 0L), (engine.LiveMappingCount, machine.BouncePool!.UsedBytes, machine.Faults.TotalCount));
    }
}
