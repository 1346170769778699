namespace DmaBuf.Machine.Tests;

/// <summary>Bounced mappings as the DMA interface of one device makes them.</summary>
public sealed class BounceMapTests
{
    private readonly BounceBench _bench = new();

    private SoftwareMachine Machine => _bench.Machine;

    [Fact]
    public void Memory_out_of_reach_is_mapped_through_the_pool_and_bytes_move_both_ways()
    {
        PhysicalRange ram = _bench.HighPages(3);
        byte[] pattern = Expect.Pattern(3 * 4096);
        Machine.Memory.Write(ram.Start, pattern);
        DmaRange mapped = new(_bench.Engine.MapRange(ram, DmaDirection.Bidirectional, DmaAttributes.None), ram.Length);
        Assert.True(_bench.LiesInPool(mapped));
        Assert.Equal((MappingCost.Bounce, MappingCost.Bounce), (_bench.Engine.RangeMappingCost, _bench.Engine.CostOfMapping(mapped)));
        byte[] seen = new byte[pattern.Length];
        _bench.Engine.Read(mapped.Start, seen);
        Assert.Equal(pattern, seen);

        _bench.Engine.Write(new DmaAddress(mapped.Start.Value + 4000), [1, 2, 3]);
        Assert.Equal(pattern, Read(ram));
        _bench.Engine.UnmapRange(mapped, DmaDirection.Bidirectional, DmaAttributes.None);
        new byte[] { 1, 2, 3 }.CopyTo(pattern, 4000);
        Assert.Equal(pattern, Read(ram));
        Expect.Faults(Machine, DmaFaultReason.NotMapped, DmaAccess.Read, mapped.Start, () => _bench.Engine.Read(mapped.Start, seen));
        Assert.Equal(3 * Expect.Page, Machine.BouncePool!.HighestUsedBytes);
        Machine.Ram.Free(ram);
        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void Bytes_that_the_device_does_not_write_are_kept_though_it_cannot_read_them()
    {
        PhysicalRange ram = _bench.HighPages(1);
        byte[] pattern = Expect.Pattern(4096);
        Machine.Memory.Write(ram.Start, pattern);
        DmaRange mapped = new(_bench.Engine.MapRange(ram, DmaDirection.FromDevice, DmaAttributes.None), ram.Length);
        Expect.Faults(Machine, DmaFaultReason.Permission, DmaAccess.Read, mapped.Start, () => _bench.Engine.Read(mapped.Start, new byte[1]));
        _bench.Engine.Write(mapped.Start, [9]);
        _bench.Engine.UnmapRange(mapped, DmaDirection.FromDevice, DmaAttributes.None);
        pattern[0] = 9;
        Assert.Equal(pattern, Read(ram));
    }

    [Fact]
    public void What_the_CPU_writes_under_a_mapping_to_the_device_is_not_overwritten_by_the_unmap()
    {
        PhysicalRange ram = _bench.HighPages(1);
        DmaRange mapped = new(_bench.Engine.MapRange(ram, DmaDirection.ToDevice, DmaAttributes.None), ram.Length);
        Machine.Memory.Write(ram.Start, [7]);
        _bench.Engine.UnmapRange(mapped, DmaDirection.ToDevice, DmaAttributes.None);
        Assert.Equal(7, Read(ram)[0]);
    }

    [Fact]
    public void Bytes_are_stale_on_both_sides_until_they_are_synchronised()
    {
        PhysicalRange ram = _bench.HighPages(2);
        DmaRange mapped = new(_bench.Engine.MapRange(ram, DmaDirection.Bidirectional, DmaAttributes.None), ram.Length);
        _bench.Engine.Write(mapped.Start, [1]);
        _bench.Engine.Write(new DmaAddress(mapped.Start.Value + Expect.Page), [2]);
        Assert.Equal((0, 0), (Read(ram)[0], Read(ram)[4096]));

        // A part of the mapping, and then all of it.
        _bench.Engine.SynchronizeForCpu(mapped with { Length = Expect.Page }, DmaDirection.Bidirectional);
        Assert.Equal((1, 0), (Read(ram)[0], Read(ram)[4096]));
        _bench.Engine.SynchronizeForCpu(mapped, DmaDirection.ToDevice);
        Assert.Equal(0, Read(ram)[4096]);
        _bench.Engine.SynchronizeForCpu(mapped, DmaDirection.Bidirectional);
        Assert.Equal(2, Read(ram)[4096]);

        Machine.Memory.Write(ram.Start, [3]);
        Assert.Equal(1, SeenAt(mapped.Start));
        _bench.Engine.SynchronizeForDevice(mapped, DmaDirection.FromDevice);
        Assert.Equal(1, SeenAt(mapped.Start));
        _bench.Engine.SynchronizeForDevice(mapped, DmaDirection.ToDevice);
        Assert.Equal(3, SeenAt(mapped.Start));
        Assert.Equal(0, Machine.Faults.TotalCount);
    }

    [Fact]
    public void Memory_in_reach_is_not_bounced_and_needs_no_synchronisation()
    {
        PhysicalRange ram = Machine.Ram.AllocateContiguous(Expect.Page, Expect.Page, RamPlacement.Below4GiB);
        DmaRange mapped = new(_bench.Engine.MapRange(ram, DmaDirection.Bidirectional, DmaAttributes.None), ram.Length);
        Assert.Equal(ram.Start.Value + BounceBench.Offset, mapped.Start.Value);
        Assert.Equal(MappingCost.None, _bench.Engine.CostOfMapping(mapped));
        _bench.Engine.Write(mapped.Start, [1]);
        Assert.Equal(1, Read(ram)[0]);
        _bench.Engine.SynchronizeForCpu(mapped, DmaDirection.Bidirectional);
        Assert.Equal((0UL, 0L), (Machine.BouncePool!.UsedBytes, Machine.Faults.TotalCount));
        Assert.Equal(MappingCost.None, Machine.GetEngine(BounceBench.Wide).RangeMappingCost);
    }

    [Fact]
    public void Synchronising_what_is_not_mapped_is_on_record_and_moves_nothing()
    {
        PhysicalRange ram = _bench.HighPages(1);
        DmaRange mapped = new(_bench.Engine.MapRange(ram, DmaDirection.Bidirectional, DmaAttributes.None), ram.Length);
        DmaRange[] wrong = [mapped with { Length = 2 * Expect.Page }, mapped with { Start = new DmaAddress(mapped.Start.Value + Expect.Page) }, new(new DmaAddress(0), 1)];
        foreach (DmaRange range in wrong)
        {
            _bench.Engine.SynchronizeForCpu(range, DmaDirection.Bidirectional);
            _bench.Engine.SynchronizeForDevice(range, DmaDirection.Bidirectional);
            Assert.Equal((DmaFaultReason.SynchronizeMismatch, range.Start), (Machine.Faults.Snapshot()[^1].Reason, Machine.Faults.Snapshot()[^1].Address));
        }

        Assert.Equal(2 * wrong.Length, Machine.Faults.TotalCount);
    }

    [Fact]
    public void A_pool_that_is_used_up_is_ENOMEM_and_says_what_to_do()
    {
        PhysicalRange ram = _bench.HighPages((int)BounceBench.PoolPages);
        DmaRange mapped = new(_bench.Engine.MapRange(ram, DmaDirection.ToDevice, DmaAttributes.None), ram.Length);
        foreach (string name in new[] { BounceBench.Short, BounceBench.OtherShort })
        {
            DmaBufException refused = Expect.Fails(
                Errno.ENOMEM, () => Machine.GetEngine(name).MapRange(ram with { Length = Expect.Page }, DmaDirection.ToDevice, DmaAttributes.None));
            Assert.Contains("0x20000 of its 0x20000 bytes are held", refused.Message, StringComparison.Ordinal);
            Assert.Contains("build the machine with a larger pool", refused.Message, StringComparison.Ordinal);
        }

        _bench.Engine.UnmapRange(mapped, DmaDirection.ToDevice, DmaAttributes.None);
        Machine.Ram.Free(ram);
        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void Without_a_pool_in_reach_memory_out_of_reach_cannot_be_mapped()
    {
        BounceBench without = new(poolPages: 0);
        DmaBufException refused = Expect.Fails(Errno.EFAULT, () => without.Engine.MapRange(without.HighPages(1), DmaDirection.ToDevice, DmaAttributes.None));
        Assert.Contains("the machine has no bounce pool", refused.Message, StringComparison.Ordinal);
        Assert.Equal(MappingCost.None, without.Engine.RangeMappingCost);

        SoftwareMachine high = new SoftwareMachineBuilder().AddRam(new PhysicalAddress(BounceBench.High), 8 * Expect.Page).AddBouncePool(Expect.Page)
            .AddPlatformDmaEngine("short", new DmaEngineOptions { LastAddress = new DmaAddress(uint.MaxValue) }).Build();
        refused = Expect.Fails(
            Errno.EFAULT, () => high.GetEngine("short").MapRange(high.Ram.AllocateContiguous(Expect.Page), DmaDirection.ToDevice, DmaAttributes.None));
        Assert.Contains("lies beyond it, too", refused.Message, StringComparison.Ordinal);
        Assert.Equal(MappingCost.None, high.GetEngine("short").RangeMappingCost);
    }

    [Fact]
    public void A_BAR_out_of_reach_is_not_bounced()
    {
        PhysicalRange bar = Machine.GetPciFunction(BounceBench.Gpu).Bars[0].Range with { Length = Expect.Page };
        DmaBufException refused = Expect.Fails(Errno.EFAULT, () => Machine.GetEngine(BounceBench.Nic).MapRange(bar, DmaDirection.ToDevice, DmaAttributes.Mmio));
        Assert.Contains("a BAR cannot be bounced", refused.Message, StringComparison.Ordinal);
        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void The_pool_is_the_lowest_RAM_and_never_allocated_for_anything_else()
    {
        Assert.Equal(new PhysicalRange(new PhysicalAddress(BounceBench.Low), 32 * Expect.Page), Machine.BouncePool!.Range);
        Assert.Equal((16 * Expect.Page, 0UL), (Machine.Ram.FreeBytesOf(0), Machine.Ram.AllocatedBytes));
        PhysicalRange[] all = Machine.Ram.AllocateScattered((16 + 256) * Expect.Page);
        Assert.All(all, run => Assert.True(run.Start.Value >= BounceBench.Low + (32 * Expect.Page)));
        Expect.Fails(Errno.ENOMEM, () => Machine.Ram.AllocateContiguous(Expect.Page));
        Machine.Ram.Free(all);
        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_pool_that_cannot_be_is_refused()
    {
        Expect.Fails(Errno.EINVAL, () => new SoftwareMachineBuilder().AddBouncePool(0));
        Expect.Fails(Errno.EINVAL, () => new SoftwareMachineBuilder().AddBouncePool(100));
        Expect.Fails(Errno.EEXIST, () => new SoftwareMachineBuilder().AddBouncePool(Expect.Page).AddBouncePool(Expect.Page));
        SoftwareMachineBuilder small = new SoftwareMachineBuilder().AddRam(new PhysicalAddress(BounceBench.Low), Expect.Page).AddBouncePool(2 * Expect.Page);
        Assert.Contains("bounce pool", Expect.Fails(Errno.EINVAL, () => small.Build()).Message, StringComparison.Ordinal);
    }

    private byte[] Read(PhysicalRange range)
    {
        byte[] bytes = new byte[range.Length];
        Machine.Memory.Read(range.Start, bytes);
        return bytes;
    }

    private byte SeenAt(DmaAddress address)
    {
        byte[] bytes = new byte[1];
        _bench.Engine.Read(address, bytes);
        return bytes[0];
    }
}
