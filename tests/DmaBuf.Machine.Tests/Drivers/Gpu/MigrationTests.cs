namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>The movable GPU: who is offered what, where the buffer goes for whom, and that no byte is lost on the way.</summary>
public sealed class MigrationTests
{
    private readonly DriverBench _bench = new();

    [Fact]
    public void A_peer_with_a_path_gets_device_memory_where_it_is_and_at_no_cost()
    {
        using (DmaBuffer buffer = _bench.Graphics())
        {
            using DynamicDmaImporter importer = new(_bench.Engine(SampleMachine.PeerEngine), buffer);
            Assert.True(importer.Attachment.PeerToPeerAllowed);
            ExpectRead(importer);
            Assert.Equal(GraphicsPlacement.DeviceMemory, DriverBench.Exporter(buffer).Placement);
            Assert.Equal(0UL, _bench.Machine.Ram.AllocatedBytes);
        }

        _bench.ExpectNothingLeft();
    }

    [Theory]
    [InlineData(SampleMachine.PeerEngine)]
    [InlineData(SampleMachine.PlatformEngine)]
    public void Who_takes_no_peers_has_the_buffer_migrated_on_map_and_pays_for_it_once(string engine)
    {
        using (DmaBuffer buffer = _bench.Graphics())
        {
            using ScatterGatherAttachment attachment = buffer.Attach(new DmaBufferImporter("static"), ScatterGatherMappingType.Request(_bench.Engine(engine)));
            Assert.Equal((false, MappingCost.Migrate), (attachment.PeerToPeerAllowed, attachment.CostBound & MappingCost.Migrate));
            Assert.Equal(GraphicsPlacement.DeviceMemory, DriverBench.Exporter(buffer).Placement);
            using (ScatterGatherMapping first = attachment.MapScatterGather(DmaDirection.ToDevice))
            {
                Assert.Equal(GraphicsPlacement.SystemMemory, DriverBench.Exporter(buffer).Placement);
                Assert.Equal(MappingCost.Migrate, first.Cost & MappingCost.Migrate);
                byte[] seen = new byte[DriverBench.Size];
                _bench.Engine(engine).Read(DriverBench.RangesOf(first), seen);
                Assert.Equal(_bench.Contents, seen);
            }

            using ScatterGatherMapping second = attachment.MapScatterGather(DmaDirection.ToDevice);
            Assert.Equal(MappingCost.None, second.Cost & MappingCost.Migrate);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_dynamic_importer_without_peers_migrates_too_and_waits_for_the_bytes()
    {
        using (DmaBuffer buffer = _bench.Graphics())
        {
            using DynamicDmaImporter importer = new(_bench.Engine(SampleMachine.PlatformEngine), buffer, PeerToPeerAcceptance.NotAccepted);
            ExpectRead(importer);
            Assert.Equal(GraphicsPlacement.SystemMemory, DriverBench.Exporter(buffer).Placement);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_strict_ceiling_below_migration_is_declined_instead_of_being_moved_silently()
    {
        using (DmaBuffer buffer = _bench.Graphics())
        {
            MappingRequest request = ScatterGatherMappingType.Request(_bench.Engine(SampleMachine.PlatformEngine), ceiling: MappingCost.IommuMap);
            Assert.False(buffer.TryAttach(new DmaBufferImporter("strict"), [request], out _, out Negotiation? failure));
            Assert.Equal(Errno.EINVAL, failure.Errno);
        }

        _bench.ExpectNothingLeft();
    }

    [Theory]
    [InlineData(11, true, true)]
    [InlineData(12, true, false)]
    [InlineData(12, false, true)]
    public void Compression_forbids_peers_on_new_generations(int generation, bool compressed, bool peers)
    {
        GraphicsProcessor gpu = new(_bench.Machine, _bench.Bar("gpu2"), generation);
        using (DmaBuffer buffer = gpu.Export(DriverBench.Size, new GraphicsBufferOptions { IsCompressed = compressed }, _bench.Options))
        {
            using ScatterGatherAttachment attachment = buffer.Attach(
                new LettingGo(), ScatterGatherMappingType.Request(_bench.Engine(SampleMachine.IommuEngine), PeerToPeerAcceptance.Accepted));
            Assert.Equal(peers, attachment.PeerToPeerAllowed);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_compressed_buffer_that_may_not_migrate_offers_nothing()
    {
        using (DmaBuffer buffer = _bench.Graphics(new GraphicsBufferOptions { IsCompressed = true, MayMigrate = false }))
        {
            MappingRequest request = ScatterGatherMappingType.Request(_bench.Engine(SampleMachine.PeerEngine), PeerToPeerAcceptance.Accepted);
            Assert.False(buffer.TryAttach(new LettingGo(), [request], out _, out Negotiation? failure));
            Assert.Equal((Errno.EINVAL, 0), (failure.Errno, failure.Offers.Count));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_buffer_that_may_not_migrate_is_not_moved_either()
    {
        using (DmaBuffer buffer = _bench.Graphics(new GraphicsBufferOptions { MayMigrate = false }))
        {
            Expect.Fails(Errno.EINVAL, () => DriverBench.Exporter(buffer).MoveTo(GraphicsPlacement.SystemMemory));
            Expect.Fails(Errno.EINVAL, () => _bench.Gpu.Export(4096, new GraphicsBufferOptions { MayMigrate = false, Placement = GraphicsPlacement.SystemMemory }));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_move_without_room_changes_nothing()
    {
        using (DmaBuffer all = _bench.Gpu.Export(SampleMachine.GpuBarLength, null, _bench.Options))
        using (DmaBuffer buffer = _bench.Graphics(new GraphicsBufferOptions { Placement = GraphicsPlacement.SystemMemory }))
        {
            Expect.Fails(Errno.ENOMEM, () => DriverBench.Exporter(buffer).MoveTo(GraphicsPlacement.DeviceMemory));
            Assert.Equal(GraphicsPlacement.SystemMemory, DriverBench.Exporter(buffer).Placement);
            Assert.Equal(_bench.Contents, DriverBench.BytesOf(buffer));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public async Task A_move_waits_for_the_room_that_a_copy_under_way_leaves()
    {
        using FenceSource work = new FenceContext("work").CreateFence();
        using (DmaBuffer all = _bench.Gpu.Export(SampleMachine.GpuBarLength, null, _bench.Options))
        using (DmaBuffer buffer = _bench.Graphics(new GraphicsBufferOptions { Placement = GraphicsPlacement.SystemMemory }))
        {
            Fence leaves = LeaveAfter(all, work.Fence);
            Task<Fence?> moved = Task.Run(() => DriverBench.Exporter(buffer).MoveTo(GraphicsPlacement.DeviceMemory), TestContext.Current.CancellationToken);
            Assert.False(leaves.IsSignaled);
            work.TrySignal();
            Fence arrived = Assert.IsType<Fence>(await moved.WaitAsync(TestContext.Current.CancellationToken));
            Assert.True(leaves.IsSignaled);
            await arrived.WaitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(_bench.Contents, DriverBench.BytesOf(buffer));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public async Task A_map_that_moves_the_buffer_waits_for_room_as_well()
    {
        using FenceSource work = new FenceContext("work").CreateFence();
        GpuLinkPort port = _bench.Link.Connect();
        using (DmaBuffer all = _bench.LinkedGpu.Export(SampleMachine.GpuBarLength, null, _bench.Options))
        using (DmaBuffer buffer = _bench.Graphics(new GraphicsBufferOptions { Placement = GraphicsPlacement.SystemMemory }, _bench.LinkedGpu))
        {
            Fence leaves = LeaveAfter(all, work.Fence);
            using GpuLinkAttachment attachment = buffer.Attach(new DmaBufferImporter("linked gpu"), GpuLinkMappingType.Request(port));
            Task<GpuLinkMapping> mapping = Task.Run(() => attachment.MapGpuLink(), TestContext.Current.CancellationToken);
            Assert.False(leaves.IsSignaled);
            work.TrySignal();
            using (await mapping.WaitAsync(TestContext.Current.CancellationToken))
            {
                Assert.True(leaves.IsSignaled);
                Assert.Equal(_bench.Contents, DriverBench.BytesOf(buffer));
            }
        }

        _bench.ExpectNothingLeft();
    }

    // Begins a move out of the GPU's memory which cannot be made before that work has ended.
    private static Fence LeaveAfter(DmaBuffer buffer, Fence work)
    {
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            buffer.Reservation.AddFence(in held, work, FenceUsage.Bookkeep);
        }

        return Assert.IsType<Fence>(DriverBench.Exporter(buffer).MoveTo(GraphicsPlacement.SystemMemory));
    }

    private void ExpectRead(DynamicDmaImporter importer)
    {
        byte[] seen = new byte[DriverBench.Size];
        importer.Read(0, seen);
        Assert.Equal(_bench.Contents, seen);
    }
}
