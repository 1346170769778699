namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>The accelerator for peers alone (patch 09), and the two exporters whose map fails in a way of its own (07).</summary>
public sealed class AcceleratorTests
{
    private readonly DriverBench _bench = new();

    [Fact]
    public void An_importer_without_a_path_fails_at_attach_with_EINVAL_and_learns_why()
    {
        Accelerator card = new(_bench.Machine, _bench.Bar("gpu2"));
        using (DmaBuffer buffer = card.Export(2, _bench.Options))
        {
            Assert.Equal("peer-to-peer", DeclineOf(SampleMachine.IommuEngine, PeerToPeerAcceptance.NotAccepted));
            Assert.Equal("peer-to-peer route", DeclineOf(SampleMachine.PlatformEngine, PeerToPeerAcceptance.Accepted));

            string DeclineOf(string engine, PeerToPeerAcceptance acceptance)
            {
                MappingRequest request = ScatterGatherMappingType.Request(_bench.Engine(engine), acceptance);
                Assert.False(buffer.TryAttach(new LettingGo(), [request], out _, out Negotiation? failure));
                Assert.Equal(Errno.EINVAL, failure.Errno);
                return Assert.Single(failure.Pairs).Decline!.Property;
            }
        }

        Assert.Equal(0UL, card.AllocatedBytes);
        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void Too_many_blocks_are_ENOMEM_and_none_is_taken()
    {
        Accelerator card = new(_bench.Machine, _bench.Bar("gpu2"));
        Expect.Fails(Errno.ENOMEM, () => card.Export((int)(SampleMachine.GpuBarLength / Accelerator.BlockLength) + 1, _bench.Options));
        Expect.Fails(Errno.EINVAL, () => card.Export(0, _bench.Options));
        Assert.Equal(0UL, card.AllocatedBytes);
        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_map_that_says_EOPNOTSUPP_reaches_the_importer_unchanged()
    {
        using (DmaBuffer buffer = SelfTestExporter.Export(4096, _bench.Options))
        {
            using ScatterGatherAttachment attachment = buffer.AttachScatterGather(_bench.Engine(SampleMachine.IommuEngine));
            Expect.Fails(Errno.EOPNOTSUPP, () => attachment.MapScatterGather(DmaDirection.ToDevice));
            Assert.Equal(0, attachment.LiveMappings);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_map_that_returns_nothing_is_ENOMEM()
    {
        using (DmaBuffer buffer = SampleRateConverterExporter.Export(_bench.Machine, 4096, _bench.Options))
        {
            using ScatterGatherAttachment attachment = buffer.AttachScatterGather(_bench.Engine(SampleMachine.IommuEngine));
            using (FaultInjection.Install(static site => site == FaultSite.StateAllocation))
            {
                DmaBufException failure = Expect.Fails(Errno.ENOMEM, () => attachment.MapScatterGather(DmaDirection.ToDevice));
                Assert.Contains("returned no table", failure.Message, StringComparison.Ordinal);
            }

            using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.ToDevice);
            Assert.Single(DriverBench.RangesOf(mapping));
        }

        _bench.ExpectNothingLeft();
    }
}
