namespace DmaBuf.Machine.Tests;

/// <summary>The function goes away under the driver: its buffers die without anybody having to tell it.</summary>
public sealed class VfioRemovalTests
{
    [Theory]
    [InlineData(PciRemovalKind.Surprise)]
    [InlineData(PciRemovalKind.Orderly)]
    public void Buffers_are_dead_when_the_removal_returns_and_no_translation_is_left(PciRemovalKind kind)
    {
        using VfioBench bench = new();
        using DmaBuffer buffer = bench.Export();
        DmaAddress mapped = bench.Map(buffer);
        Assert.True(VfioBench.Reaches(bench.Engine, mapped));
        Assert.Empty(bench.Device.Function.Remove(kind).Failures);
        Assert.Equal((BufferPhase.Dead, 0, 0UL), (buffer.Phase, bench.Device.BufferCount, bench.Domains[0].MappedBytes));
        Assert.False(VfioBench.Reaches(bench.Engine, mapped));
        Expect.Fails(Errno.ENODEV, () => bench.Export());
        Expect.Fails(Errno.ENODEV, () => new VfioPciDevice(bench.Device.Function).Dispose());
    }

    [Fact]
    public void A_switch_that_is_pulled_out_takes_the_buffers_along()
    {
        using VfioBench bench = new();
        using DmaBuffer buffer = bench.Export();
        DmaAddress mapped = bench.Map(buffer);
        bench.Machine.PciPorts[0].RemoveBelow();
        Assert.Equal(BufferPhase.Dead, buffer.Phase);
        Assert.False(VfioBench.Reaches(bench.Engine, mapped));
    }

    [Fact]
    public void In_order_an_importer_has_time_to_let_go_and_after_a_surprise_nobody_is_waited_for()
    {
        foreach (PciRemovalKind kind in Enum.GetValues<PciRemovalKind>())
        {
            using VfioBench bench = new(new VfioPciDeviceOptions { RemovalDeadline = VfioBench.Patience });
            using DmaBuffer buffer = bench.Export();
            LettingGo importer = new();
            using PhysicalAddressListAttachment attachment = buffer.Attach(importer, PhysicalAddressListMappingType.Request(bench.Access));
            using PhysicalAddressListMapping list = attachment.MapPhysicalAddressList();
            Task removal = Task.Run(() => bench.Device.Function.Remove(kind), TestContext.Current.CancellationToken);
            if (kind == PciRemovalKind.Orderly)
            {
                SpinWait.SpinUntil(() => buffer.Phase != BufferPhase.Live);
                Assert.False(removal.IsCompleted);
                list.Dispose();
            }

            removal.Wait(TestContext.Current.CancellationToken);
            Assert.Equal(BufferPhase.Dead, buffer.Phase);
            bench.Problems += kind == PciRemovalKind.Surprise ? 1 : 0;
        }
    }

    [Fact]
    public void A_device_that_was_disposed_is_not_told()
    {
        using VfioBench bench = new();
        PciFunction other = bench.Machine.GetPciFunction(SampleMachine.DirectEngine);
        using (VfioPciDevice device = new(other))
        {
            Assert.Equal(0, device.BufferCount);
        }

        Assert.Empty(other.Remove().Failures);
    }
}
