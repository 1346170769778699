namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>Moves of a GPU's buffer: fences, old places, pins.</summary>
public sealed class MoveTests
{
    private readonly DriverBench _bench = new();

    [Fact]
    public void A_move_waits_for_work_that_was_announced_before_and_the_old_place_for_its_mapping()
    {
        DmaEngineDevice engine = _bench.Engine(SampleMachine.DirectEngine);
        using (DmaBuffer buffer = _bench.Graphics())
        {
            Told importer = new();
            using ScatterGatherAttachment attachment = buffer.Attach(importer, ScatterGatherMappingType.Request(engine, PeerToPeerAcceptance.Accepted));
            ScatterGatherMapping old = attachment.MapScatterGather(DmaDirection.Bidirectional);
            using FenceSource work = new FenceContext("work").CreateFence();
            using (ReservationLock held = buffer.Reservation.Lock())
            {
                attachment.AddFence(in held, work.Fence, FenceUsage.Bookkeep);
            }

            Fence arrived = DriverBench.Exporter(buffer).MoveTo(GraphicsPlacement.SystemMemory)!;
            Assert.Equal([InvalidateReason.Move], importer.Reasons);
            Assert.True(old.IsInvalidated);
            byte[] late = Expect.Pattern(DriverBench.Size, seed: 5);
            engine.Write(DriverBench.RangesOf(old), late);
            Assert.False(arrived.IsSignaled);
            Assert.True(buffer.Reservation.HasPending(FenceUsage.Kernel));
            work.TrySignal();
            Assert.True(arrived.Wait(TimeSpan.FromSeconds(20)));
            Assert.Equal(Errno.None, arrived.Error);

            // What the work wrote before its fence has come along; the old place is not anybody else's while it is mapped.
            Assert.Equal(late, DriverBench.BytesOf(buffer));
            Assert.Equal((ulong)DriverBench.Size, _bench.Gpu.AllocatedBytes);
            old.Dispose();
            Assert.Equal(0UL, _bench.Gpu.AllocatedBytes);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void Moves_one_after_the_other_arrive_in_order_with_all_bytes()
    {
        using (DmaBuffer buffer = _bench.Graphics())
        {
            GraphicsBufferExporter exporter = DriverBench.Exporter(buffer);
            for (int round = 0; round < 50; round++)
            {
                Assert.NotNull(exporter.MoveTo(GraphicsPlacement.SystemMemory));
                Assert.NotNull(exporter.MoveTo(GraphicsPlacement.DeviceMemory));
                Assert.Null(exporter.MoveTo(GraphicsPlacement.DeviceMemory));
            }

            Assert.Equal(_bench.Contents, DriverBench.BytesOf(buffer));
            Assert.Equal(((ulong)DriverBench.Size, 0UL), (_bench.Gpu.AllocatedBytes, _bench.Machine.Ram.AllocatedBytes));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_released_buffer_gives_both_places_back_once_its_move_has_ended()
    {
        using FenceSource work = new FenceContext("work").CreateFence();
        Fence arrived;
        using (DmaBuffer buffer = _bench.Graphics())
        {
            using (ReservationLock held = buffer.Reservation.Lock())
            {
                buffer.Reservation.AddFence(in held, work.Fence, FenceUsage.Write);
            }

            arrived = DriverBench.Exporter(buffer).MoveTo(GraphicsPlacement.SystemMemory)!;
        }

        Assert.Equal(((ulong)DriverBench.Size, (ulong)DriverBench.Size), (_bench.Gpu.AllocatedBytes, _bench.Machine.Ram.AllocatedBytes));
        work.TrySignal();
        Assert.True(arrived.Wait(TimeSpan.FromSeconds(20)));
        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_pin_for_peers_alone_stays_in_device_memory_and_forbids_the_move()
    {
        using (DmaBuffer buffer = _bench.Graphics())
        {
            using ScatterGatherAttachment attachment = Peer(buffer);
            Pin(attachment);
            Assert.Equal(GraphicsPlacement.DeviceMemory, DriverBench.Exporter(buffer).Placement);
            Expect.Fails(Errno.EBUSY, () => DriverBench.Exporter(buffer).MoveTo(GraphicsPlacement.SystemMemory));
            using ScatterGatherAttachment other = buffer.AttachScatterGather(_bench.Engine(SampleMachine.PlatformEngine));
            Expect.Fails(Errno.EBUSY, () => other.MapScatterGather(DmaDirection.ToDevice));
            Unpin(attachment);
            using ScatterGatherMapping mapping = other.MapScatterGather(DmaDirection.ToDevice);
            Assert.Equal(GraphicsPlacement.SystemMemory, DriverBench.Exporter(buffer).Placement);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_pin_goes_to_system_memory_if_any_attachment_takes_no_peers()
    {
        using (DmaBuffer buffer = _bench.Graphics())
        {
            using ScatterGatherAttachment attachment = Peer(buffer);
            using (ScatterGatherAttachment other = buffer.AttachScatterGather(_bench.Engine(SampleMachine.PlatformEngine)))
            {
                Pin(attachment);
                Assert.Equal(GraphicsPlacement.SystemMemory, DriverBench.Exporter(buffer).Placement);
                using ScatterGatherMapping mapping = other.MapScatterGather(DmaDirection.ToDevice);
                Unpin(attachment);
                Expect.Fails(Errno.EBUSY, () => DriverBench.Exporter(buffer).MoveTo(GraphicsPlacement.DeviceMemory));
            }

            Assert.NotNull(DriverBench.Exporter(buffer).MoveTo(GraphicsPlacement.DeviceMemory));
            Assert.Equal(_bench.Contents, DriverBench.BytesOf(buffer));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void Power_is_on_while_somebody_is_attached_and_a_failing_attach_leaves_none()
    {
        using (DmaBuffer buffer = _bench.Graphics())
        {
            using (ScatterGatherAttachment attachment = Peer(buffer))
            {
                Assert.Equal(1, _bench.Gpu.PowerReferences);
                _bench.Gpu.DeclareWedged();
                Expect.Fails(Errno.ENODEV, () => Peer(buffer));
                Assert.Equal(1, _bench.Gpu.PowerReferences);
            }

            Assert.Equal(0, _bench.Gpu.PowerReferences);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public async Task A_revoked_buffer_does_not_move_and_a_refused_move_keeps_its_place()
    {
        using (DmaBuffer buffer = _bench.Graphics())
        {
            await buffer.RevokeAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
            Expect.Fails(Errno.ENODEV, () => DriverBench.Exporter(buffer).MoveTo(GraphicsPlacement.SystemMemory));
            Assert.Equal(GraphicsPlacement.DeviceMemory, DriverBench.Exporter(buffer).Placement);
            Assert.Equal(0UL, _bench.Machine.Ram.AllocatedBytes);
            Assert.Equal(_bench.Contents, DriverBench.BytesOf(buffer));
        }

        _bench.ExpectNothingLeft();
    }

    private static void Pin(Attachment attachment)
    {
        using ReservationLock held = attachment.Buffer.Reservation.Lock();
        attachment.Pin(in held);
    }

    private static void Unpin(Attachment attachment)
    {
        using ReservationLock held = attachment.Buffer.Reservation.Lock();
        attachment.Unpin(in held);
    }

    private ScatterGatherAttachment Peer(DmaBuffer buffer)
        => buffer.Attach(new LettingGo(), ScatterGatherMappingType.Request(_bench.Engine(SampleMachine.PeerEngine), PeerToPeerAcceptance.Accepted));

    private sealed class Told() : DynamicImporter("told")
    {
        internal List<InvalidateReason> Reasons { get; } = [];

        protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held) => Reasons.Add(reason);
    }
}
