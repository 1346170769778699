using DmaBuf.Testing;

namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>The network adapter: regions that survive moves, work that never sees a stale address, and every failure undone.</summary>
public sealed class RdmaTests
{
    private readonly DriverBench _bench = new();

    [Theory]
    [InlineData(SampleMachine.PeerEngine)]
    [InlineData(SampleMachine.IommuEngine)]
    [InlineData(SampleMachine.DirectEngine)]
    public void A_region_maps_anew_after_each_move_and_its_work_finds_the_bytes(string engine)
    {
        RdmaAdapter adapter = new(_bench.Engine(engine));
        using (DmaBuffer buffer = _bench.Graphics())
        using (RdmaMemoryRegion region = adapter.Register(buffer))
        {
            Assert.Equal((1, 1), (region.MapCount, adapter.RegionCount));
            byte[] expected = _bench.Contents;
            GraphicsPlacement next = GraphicsPlacement.SystemMemory;
            for (int move = 0; move < 4; move++, next = 1 - next)
            {
                byte[] update = Expect.Pattern(5000, seed: move);
                Fence written = region.PostWrite((ulong)(move * 3000), update);
                DriverBench.Exporter(buffer).MoveTo(next);
                update.CopyTo(expected, move * 3000);
                byte[] seen = new byte[DriverBench.Size];
                Fence read = region.PostRead(0, seen);
                Assert.True(read.Wait(TimeSpan.FromSeconds(20)));
                Assert.Equal((Errno.None, Errno.None), (written.Error, read.Error));
                Assert.Equal(expected, seen);
                Assert.Equal(move + 2, region.MapCount);
            }

            Assert.Equal(1, region.Attachment.LiveMappings);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_region_is_dead_after_a_revoke_and_alive_again_after_an_unrevoke()
    {
        RdmaAdapter adapter = new(_bench.Engine(SampleMachine.IommuEngine));
        using (DmaBuffer buffer = _bench.Graphics())
        using (RdmaMemoryRegion region = adapter.Register(buffer))
        {
            Fence posted = region.PostWrite(0, _bench.Contents);
            Assert.Equal(RevokeOutcome.Drained, DriverBench.Revoke(buffer, TimeSpan.FromSeconds(20)).Outcome);
            Assert.True(posted.IsSignaled);
            Expect.Fails(Errno.ENODEV, () => region.PostRead(0, new byte[1]));
            buffer.UnrevokeAsync().AsTask().GetAwaiter().GetResult();
            Assert.True(region.PostRead(0, new byte[1]).Wait(TimeSpan.FromSeconds(20)));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void Work_outside_the_buffer_is_refused_and_posts_nothing()
    {
        RdmaAdapter adapter = new(_bench.Engine(SampleMachine.IommuEngine));
        using (DmaBuffer buffer = _bench.Graphics())
        using (RdmaMemoryRegion region = adapter.Register(buffer))
        {
            Expect.Fails(Errno.EINVAL, () => region.PostRead(DriverBench.Size, new byte[1]));
            Expect.Fails(Errno.EINVAL, () => region.PostWrite(ulong.MaxValue, new byte[2]));
            Assert.False(buffer.Reservation.HasPending(FenceUsage.Bookkeep));
        }

        _bench.ExpectNothingLeft();
    }

    [Theory]
    [InlineData(PeerToPeerAcceptance.Accepted)]
    [InlineData(PeerToPeerAcceptance.NotAccepted)]
    public void Every_step_of_the_path_from_GPU_to_adapter_can_run_out_of_memory_and_leaves_nothing(PeerToPeerAcceptance acceptance)
    {
        RdmaAdapter adapter = new(_bench.Engine(SampleMachine.IommuEngine));
        DmaBuffer? exported = null;
        int points = FaultSweep.Run(
            () =>
            {
                using DmaBuffer buffer = exported = _bench.Graphics();
                using RdmaMemoryRegion region = adapter.Register(buffer, acceptance);
                region.PostWrite(0, _bench.Contents).Wait(Timeout.InfiniteTimeSpan);
                DriverBench.Exporter(buffer).MoveTo(1 - DriverBench.Exporter(buffer).Placement);
                region.PostRead(0, new byte[64]).Wait(Timeout.InfiniteTimeSpan);
            },
            () =>
            {
                if (exported is not null)
                {
                    DriverBench.Settle(exported);
                }

                Assert.Equal(0, adapter.RegionCount);
                _bench.ExpectNothingLeft();
            });

        // Export, attach, and for each of two maps the mapping, its state and its tables.
        Assert.True(points >= 7, $"only {points} fault points");
    }
}
