namespace DmaBuf.Machine.Tests;

/// <summary>A VFIO-like device and an iommufd-like importer: bytes move through the mapping, and after a reset or a close a device that goes on faults.</summary>
public sealed class VfioPciDeviceTests
{
    private const ulong Page = 4096;

    private readonly SoftwareMachine _machine = SoftwareMachine.CreateSample();

    private readonly DmaBufferRegistry _registry = new();

    private DmaBufferExportOptions Options => new() { Registry = _registry };

    [Fact]
    public async Task What_was_mapped_before_a_reset_faults_and_a_new_mapping_leads_to_the_ranges_in_their_order()
    {
        using PhysicalAddressAccess access = PhysicalAddressAccess.Grant("test");
        using VfioPciDevice device = new(_machine.GetPciFunction(SampleMachine.Gpu));
        DmaEngineDevice engine = _machine.GetEngine(SampleMachine.IommuEngine);
        SoftwareIommuDomain domain = _machine.GetIommu(SampleMachine.Iommu).CreateDomain("guest");
        engine.AttachDomain(domain);
        IommuFd context = new(access);
        IoAddressSpace space = context.CreateAddressSpace();
        space.AddDomain(domain);
        using (DmaBuffer buffer = device.CreateBuffer(0, [new BarRange(8 * Page, Page), new BarRange(0, 2 * Page)], Options))
        {
            DmaAddress first = context.MapFile(IoMapOptions.Readable | IoMapOptions.Writeable, space.Id, buffer, 0, 3 * Page);
            Assert.Equal(1, device.PowerReferences);
            engine.Write(new DmaAddress(first.Value + Page), [42]);
            byte[] seen = new byte[1];
            _machine.Memory.Read(device.Function.Bars[0].Range.Start, seen);
            Assert.Equal(42, seen[0]);
            VfioTransition reset = await device.ResetAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            Assert.Equal((RevokeOutcome.Drained, 0), (reset.Outcome, reset.StayedRevoked.Count));
            Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, first, () => engine.Read(first, new byte[1]));
            DmaAddress second = context.MapFile(IoMapOptions.Readable, space.Id, buffer, 0, 3 * Page);
            engine.Read(new DmaAddress(second.Value + Page), seen);
            Assert.Equal(42, seen[0]);
            await device.CloseAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            Assert.Empty((await device.CloseAsync(TimeSpan.Zero, TestContext.Current.CancellationToken)).Reports);
            Expect.Faults(_machine, DmaFaultReason.NotMapped, DmaAccess.Read, second, () => engine.Read(second, new byte[1]));
            Expect.Fails(Errno.ENODEV, () => context.MapFile(IoMapOptions.Readable, space.Id, buffer, 0, Page));
            Expect.Fails(Errno.ENODEV, () => device.CreateBuffer(0, [new BarRange(0, Page)], Options));
            context.DestroyAddressSpace(space.Id);
        }

        Assert.Equal((0, 0L, 0UL, 0, 0), (_registry.Count, _registry.ProblemCount, domain.MappedBytes, device.PowerReferences, device.BufferCount));
    }

    [Theory]
    [InlineData(6, 0UL, Page, Errno.ENODEV)]
    [InlineData(0, 0UL, 0UL, Errno.EINVAL)]
    [InlineData(0, 1UL, Page, Errno.EINVAL)]
    [InlineData(0, 0UL, 1UL << 63, Errno.EINVAL)]
    [InlineData(1, 0UL, Page, Errno.EINVAL)]
    [InlineData(0, ulong.MaxValue - 4095, Page, Errno.EOVERFLOW)]
    [InlineData(0, SampleMachine.GpuBarLength, Page, Errno.EINVAL)]
    public void A_range_that_cannot_be_exported_is_refused(int region, ulong offset, ulong length, Errno errno)
    {
        using VfioPciDevice device = new(_machine.GetPciFunction(SampleMachine.Gpu));
        Expect.Fails(errno, () => device.CreateBuffer(region, [new BarRange(offset, length)], Options));
        Assert.Equal((0, 0), (_registry.Count, device.BufferCount));
    }
}
