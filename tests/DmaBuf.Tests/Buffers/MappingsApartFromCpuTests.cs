using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.Cpu;
using DmaBuf.Tests.Mappings.ScatterGather;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Buffers;

/// <summary>CPU access brackets synchronise every live mapping whose device does not see the CPU's bytes by itself, and no other.</summary>
public sealed class MappingsApartFromCpuTests : BufferFixture
{
    private const string First = "[0x100000000000, +0x1000)";
    private const string Second = "[0x100000002000, +0x1000)";

    [Theory]
    [InlineData(DmaDirection.Bidirectional, DmaDirection.FromDevice, "for CPU {0} Bidirectional")]
    [InlineData(DmaDirection.Bidirectional, DmaDirection.ToDevice, "for CPU {0} Bidirectional|for device {0} Bidirectional")]
    [InlineData(DmaDirection.FromDevice, DmaDirection.Bidirectional, "for CPU {0} FromDevice|for device {0} Bidirectional")]
    [InlineData(DmaDirection.ToDevice, DmaDirection.FromDevice, "")]
    [InlineData(DmaDirection.ToDevice, DmaDirection.Bidirectional, "for device {0} ToDevice")]
    public void The_mappings_direction_and_the_CPUs_decide_what_is_moved(DmaDirection mapped, DmaDirection access, string expected)
    {
        FakeDmaDevice device = new() { RangeMappingCost = MappingCost.Bounce };
        using DmaBuffer buffer = Export(new TwoPages(), 2 * Page);
        using ScatterGatherAttachment attachment = Attach(buffer, device);
        ScatterGatherMapping mapping = attachment.MapScatterGather(mapped);
        device.Calls.Clear();
        buffer.BeginCpuAccess(access, TestContext.Current.CancellationToken);
        buffer.EndCpuAccess(access);
        string[] calls = expected.Length == 0 ? [] : expected.Split('|');
        Assert.Equal(calls.SelectMany(call => new[] { call.Replace("{0}", First, StringComparison.Ordinal), call.Replace("{0}", Second, StringComparison.Ordinal) }), device.Calls);

        mapping.Dispose();
        device.Calls.Clear();
        buffer.BeginCpuAccess(access, TestContext.Current.CancellationToken);
        buffer.EndCpuAccess(access);
        Assert.Empty(device.Calls);
    }

    [Theory]
    [InlineData(MappingCost.None, false, 0)]
    [InlineData(MappingCost.IommuMap, true, 0)]
    [InlineData(MappingCost.CacheMaintenance, false, 4)]
    [InlineData(MappingCost.CacheMaintenance | MappingCost.IommuMap, true, 2)]
    public void Only_devices_that_bounce_or_are_not_coherent_are_called(MappingCost cost, bool hasBlocks, int calls)
    {
        FakeDmaDevice device = new() { RangeMappingCost = cost, HasBlocks = hasBlocks };
        using DmaBuffer buffer = Export(new TwoPages(), 2 * Page);
        using ScatterGatherAttachment attachment = Attach(buffer, device);
        using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
        device.Calls.Clear();
        buffer.BeginCpuAccess(DmaDirection.Bidirectional, TestContext.Current.CancellationToken);
        buffer.EndCpuAccess(DmaDirection.Bidirectional);
        Assert.Equal(calls, device.Calls.Count);
    }

    [Fact]
    public void A_device_whose_writes_cannot_be_fetched_refuses_the_access_and_a_failure_at_its_end_is_reported()
    {
        FakeDmaDevice device = new() { RangeMappingCost = MappingCost.Bounce, SynchronizationFailure = new DmaBufException(Errno.EIO, "no copy") };
        using DmaBuffer buffer = Export(new TwoPages(), 2 * Page);
        using ScatterGatherAttachment attachment = Attach(buffer, device);
        using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
        Refusal.Expect(Errno.EIO, () => buffer.BeginCpuAccess(DmaDirection.FromDevice));
        buffer.EndCpuAccess(DmaDirection.ToDevice);
        ExpectedProblems = 1;
        Assert.Contains("passing bytes of the CPU", Assert.Single(Registry.Problems).Description, StringComparison.Ordinal);
        Assert.False(buffer.Reservation.IsLocked);
    }

    [Fact]
    public void Leases_of_the_CPU_bracket_themselves_while_such_a_mapping_lives_even_one_made_meanwhile()
    {
        FakeDmaDevice device = new() { RangeMappingCost = MappingCost.Bounce };
        using DmaBuffer buffer = Export(new TwoPages(), 2 * Page);
        using ScatterGatherAttachment attachment = Attach(buffer, device);
        using CpuAttachment cpu = buffer.Attach(Importer, CpuMappingType.Request(CpuAccess.ReadWrite));
        using CpuMapping seen = cpu.MapCpu(TestContext.Current.CancellationToken);
        CpuWriteLease early = seen.Write(TestContext.Current.CancellationToken);
        using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
        device.Calls.Clear();
        early.Dispose();
        early.Dispose();
        Assert.Equal([$"for device {First} Bidirectional", $"for device {Second} Bidirectional"], device.Calls);

        device.Calls.Clear();
        seen.Read(TestContext.Current.CancellationToken).Dispose();
        Assert.Equal([$"for CPU {First} Bidirectional", $"for CPU {Second} Bidirectional"], device.Calls);
    }

    private ScatterGatherAttachment Attach(DmaBuffer buffer, FakeDmaDevice device)
        => buffer.Attach(Importer, ScatterGatherMappingType.Request(device, ceiling: MappingCost.Default | MappingCost.Bounce));

    private sealed class TwoPages() : DmaBufferExporter("two pages"), IScatterGatherOperations, ICpuOperations
    {
        protected internal override OfferSource Offers => OfferSource.Computed(_ => OfferAnswer.FromOffers([ScatterGatherMappingType.Offer(this), CpuMappingType.Offer(this)]));

        public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
            => Build(attachment.Device, direction);

        public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
            => backing.Release();

        public CpuMemory MapCpu(CpuAttachment attachment, CpuAccess access, in ReservationLock held) => new WindowedMemory(2 * Page);

        protected internal override void OnRelease(DmaBuffer buffer)
        {
        }

        private static ScatterGatherBacking Build(IDmaDevice device, DmaDirection direction)
            => ScatterGatherTableBuilder.Build(device, null, [Range(0x1_0000, Page), Range(0x2_0000, Page)], 2 * Page, direction);
    }
}
