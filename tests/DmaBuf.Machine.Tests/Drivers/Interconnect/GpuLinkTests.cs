namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>The link between GPUs: preferred before peer-to-peer, moves the buffer to where the link reaches, and closes behind the importer.</summary>
public sealed class GpuLinkTests
{
    private readonly DriverBench _bench = new();
    private readonly GpuLinkPort _importer;

    public GpuLinkTests() => _importer = _bench.Link.Connect();

    [Fact]
    public void Another_GPU_on_the_link_reads_and_writes_until_it_unmaps()
    {
        using (DmaBuffer buffer = _bench.Graphics(gpu: _bench.LinkedGpu))
        {
            using GpuLinkAttachment attachment = buffer.Attach(new DmaBufferImporter("gpu"), GpuLinkMappingType.Request(_importer));
            GpuLinkRange kept;
            using (GpuLinkMapping mapping = attachment.MapGpuLink())
            {
                kept = mapping.Use(static range => range);
                byte[] seen = new byte[DriverBench.Size];
                _importer.Read(kept.Start, seen);
                Assert.Equal(_bench.Contents, seen);
                _importer.Write(kept.Start, [1, 2, 3]);
                Assert.Equal([1, 2, 3], DriverBench.BytesOf(buffer)[..3]);
                Expect.Fails(Errno.EFAULT, () => _bench.Link.Connect().Read(kept.Start, new byte[1]));
                Expect.Fails(Errno.EFAULT, () => _importer.Read(new GpuLinkAddress(kept.Start.Value + kept.Length - 1), new byte[2]));
            }

            Expect.Fails(Errno.EFAULT, () => _importer.Read(kept.Start, new byte[1]));
            Assert.Equal(3, _bench.Link.FaultCount);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void The_link_is_chosen_before_peer_to_peer_and_only_by_who_asks_for_it()
    {
        DmaEngineDevice engine = _bench.Engine(SampleMachine.IommuEngine);
        using (DmaBuffer buffer = _bench.Graphics(gpu: _bench.LinkedGpu))
        {
            MappingRequest table = ScatterGatherMappingType.Request(engine, PeerToPeerAcceptance.Accepted);
            using (Attachment both = buffer.Attach(new LettingGo(), table, GpuLinkMappingType.Request(_importer)))
            {
                Assert.IsType<GpuLinkAttachment>(both);
            }

            using Attachment elsewhere = buffer.Attach(new LettingGo(), table, GpuLinkMappingType.Request(new GpuLink("hive 1").Connect()));
            Assert.True(Assert.IsType<ScatterGatherAttachment>(elsewhere).PeerToPeerAllowed);
        }

        using (DmaBuffer unlinked = _bench.Graphics())
        {
            Assert.False(unlinked.TryAttach(new LettingGo(), [GpuLinkMappingType.Request(_importer)], out _, out Negotiation? failure));
            Assert.Equal(Errno.EINVAL, failure.Errno);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void Mapping_over_the_link_brings_the_buffer_back_into_device_memory()
    {
        using (DmaBuffer buffer = _bench.Graphics(new GraphicsBufferOptions { Placement = GraphicsPlacement.SystemMemory }, _bench.LinkedGpu))
        {
            using GpuLinkAttachment attachment = buffer.Attach(new DmaBufferImporter("gpu"), GpuLinkMappingType.Request(_importer));
            using GpuLinkMapping mapping = attachment.MapGpuLink();
            Assert.Equal((GraphicsPlacement.DeviceMemory, MappingCost.Migrate), (DriverBench.Exporter(buffer).Placement, mapping.Cost));
            byte[] seen = new byte[DriverBench.Size];
            _importer.Read(mapping.Use(static range => range.Start), seen);
            Assert.Equal(_bench.Contents, seen);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_pin_over_the_link_is_refused_while_somebody_needs_the_buffer_in_RAM()
    {
        using (DmaBuffer buffer = _bench.Graphics(gpu: _bench.LinkedGpu))
        {
            using ScatterGatherAttachment other = buffer.AttachScatterGather(_bench.Engine(SampleMachine.PlatformEngine));
            using GpuLinkAttachment attachment = buffer.Attach(new DmaBufferImporter("gpu"), GpuLinkMappingType.Request(_importer));
            Expect.Fails(Errno.EBUSY, () => attachment.MapGpuLink());
            using (other.MapScatterGather(DmaDirection.ToDevice))
            {
                Expect.Fails(Errno.EBUSY, () => attachment.MapGpuLink());
            }
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_revoke_closes_the_window_under_an_importer_that_does_not_let_go()
    {
        using (DmaBuffer buffer = _bench.Graphics(gpu: _bench.LinkedGpu))
        {
            using GpuLinkAttachment attachment = buffer.Attach(new DmaBufferImporter("gpu"), GpuLinkMappingType.Request(_importer));
            using GpuLinkMapping mapping = attachment.MapGpuLink();
            GpuLinkAddress kept = mapping.Use(static range => range.Start);
            Assert.Equal(RevokeOutcome.Forced, DriverBench.Revoke(buffer, TimeSpan.Zero).Outcome);
            Expect.Fails(Errno.EFAULT, () => _importer.Write(kept, [1]));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void The_framework_knows_nothing_of_the_strangers_types()
    {
        Assert.DoesNotContain(
            typeof(GpuLinkMappingType).Assembly.GetName().Name,
            typeof(DmaBuffer).Assembly.GetReferencedAssemblies().Select(static name => name.Name));
        Assert.DoesNotContain(
            typeof(DmaBuffer).Assembly.GetCustomAttributes(typeof(System.Runtime.CompilerServices.InternalsVisibleToAttribute), false)
                .Cast<System.Runtime.CompilerServices.InternalsVisibleToAttribute>(),
            friend => friend.AssemblyName.Split(',')[0] == typeof(GpuLinkMappingType).Assembly.GetName().Name);
    }
}
