namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>A GPU's own engine moves its buffers: what it needs for that, and what is left whenever it fails or the GPU is pulled out.</summary>
public sealed class GraphicsEngineTests
{
    private const int LargestAccess = 9000;

    [Theory]
    [InlineData(GraphicsPlacement.DeviceMemory, SampleMachine.Gpu)]
    [InlineData(GraphicsPlacement.SystemMemory, SampleMachine.Gpu)]
    [InlineData(GraphicsPlacement.DeviceMemory, "gpu2")]
    [InlineData(GraphicsPlacement.SystemMemory, "gpu2")]
    public void The_engine_copies_all_bytes_behind_a_fence_of_its_own_timeline_and_has_RAM_mapped_meanwhile(GraphicsPlacement from, string name)
    {
        DriverBench bench = new();
        GraphicsProcessor gpu = name == SampleMachine.Gpu ? bench.Gpu : bench.LinkedGpu;
        DmaEngineDevice engine = gpu.Engine!;
        Assert.Same(bench.Engine(name), engine);
        using (DmaBuffer buffer = bench.Graphics(new GraphicsBufferOptions { Placement = from }, gpu))
        {
            using FenceSource work = new FenceContext("work").CreateFence();
            using (ReservationLock held = buffer.Reservation.Lock())
            {
                buffer.Reservation.AddFence(in held, work.Fence, FenceUsage.Bookkeep);
            }

            engine.Injection = DmaFaultInjection.None();
            Fence arrived = DriverBench.Exporter(buffer).MoveTo(1 - from)!;
            Assert.StartsWith(engine.Name, arrived.Context.Name, StringComparison.Ordinal);
            Assert.NotEqual(0, engine.LiveMappingCount);
            Assert.Equal((false, 0L), (arrived.IsSignaled, engine.Injection.AccessCount));

            // What the work failed with does not keep the buffer from moving.
            work.TryFail(Errno.EIO);
            Assert.True(arrived.Wait(TimeSpan.FromSeconds(20)));
            Assert.Equal((Errno.None, 0), (arrived.Error, engine.LiveMappingCount));
            Assert.NotEqual(0, engine.Injection.AccessCount);
            Assert.Equal(1 - from, DriverBench.Exporter(buffer).Placement);
            Assert.Equal(bench.Contents, DriverBench.BytesOf(buffer));
        }

        bench.ExpectNothingLeft();
    }

    [Theory]
    [InlineData(GraphicsPlacement.DeviceMemory, false)]
    [InlineData(GraphicsPlacement.SystemMemory, false)]
    [InlineData(GraphicsPlacement.DeviceMemory, true)]
    [InlineData(GraphicsPlacement.SystemMemory, true)]
    public void Whichever_access_of_the_engine_fails_the_bytes_arrive(GraphicsPlacement from, bool aborts) => Sweep(
        from,
        number => aborts ? DmaFaultInjection.AtAccess(number, static access => access.Transfer!.Abort(), LargestAccess) : DmaFaultInjection.FailAccess(number, LargestAccess),
        (bench, buffer, arrived) =>
        {
            Assert.Equal((Errno.None, 1 - from), (arrived.Error, DriverBench.Exporter(buffer).Placement));
            Assert.Equal(bench.Contents, DriverBench.BytesOf(buffer));
            Assert.Equal(1, bench.Machine.Faults.TotalCount);
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_move_that_is_called_off_leaves_no_error_in_the_reservation_because_no_byte_is_lost(bool hasEngine)
    {
        DriverBench bench = new();
        using (DmaBuffer buffer = hasEngine ? bench.Graphics() : bench.Graphics(gpu: bench.GpuWithoutEngine))
        {
            GraphicsBufferExporter exporter = DriverBench.Exporter(buffer);
            using FenceSource work = new FenceContext("work").CreateFence();
            using (ReservationLock held = buffer.Reservation.Lock())
            {
                buffer.Reservation.AddFence(in held, work.Fence, FenceUsage.Bookkeep);
            }

            // The first move waits for the work and the second one behind it, but a revoke has begun, so it is refused.
            Fence first = exporter.MoveTo(1 - exporter.Placement)!;
            ValueTask<RevokeReport> revoke = buffer.RevokeAsync(Timeout.InfiniteTimeSpan);
            Expect.Fails(Errno.ENODEV, () => exporter.MoveTo(1 - exporter.Placement));
            FenceSnapshot moves = buffer.Reservation.Snapshot(FenceUsage.Kernel);
            Assert.NotEmpty(moves);
            work.TrySignal();
            Assert.True(moves.Wait(TimeSpan.FromSeconds(20)));
            Assert.Equal((Errno.None, true), (moves.Error, first.IsSignaled));
            Assert.Equal(RevokeOutcome.Drained, (await revoke).Outcome);
            await buffer.UnrevokeAsync(TestContext.Current.CancellationToken);
            Assert.Equal(bench.Contents, DriverBench.BytesOf(buffer));
        }

        bench.ExpectNothingLeft();
    }

    [Fact]
    public void Whenever_the_GPU_is_removed_a_buffer_on_its_way_from_RAM_is_there_again() => Sweep(
        GraphicsPlacement.SystemMemory,
        static number => DmaFaultInjection.AtAccess(number, static access => access.Device.Function!.Remove(), LargestAccess),
        static (bench, buffer, arrived) =>
        {
            Assert.Equal(Errno.ENODEV, arrived.Error);
            using DynamicDmaImporter importer = new(bench.Engine(SampleMachine.PlatformEngine), buffer, PeerToPeerAcceptance.NotAccepted);
            byte[] seen = new byte[DriverBench.Size];
            importer.Read(0, seen);
            Assert.Equal(GraphicsPlacement.SystemMemory, DriverBench.Exporter(buffer).Placement);
            Assert.Equal(bench.Contents, seen);
            Expect.Fails(Errno.ENODEV, () => DriverBench.Exporter(buffer).MoveTo(GraphicsPlacement.DeviceMemory));
        });

    [Fact]
    public void Whenever_the_GPU_is_removed_nobody_reads_what_had_not_left_it()
    {
        ScatterGatherMapping? mapping = null;
        Sweep(
            GraphicsPlacement.DeviceMemory,
            static number => DmaFaultInjection.AtAccess(number, static access => access.Device.Function!.Remove(), LargestAccess),
            (bench, buffer, arrived) =>
            {
                // The importer has the new place mapped, and works on without asking.
                Assert.Equal(Errno.ENODEV, arrived.Error);
                DmaEngineDevice engine = bench.Engine(SampleMachine.PlatformEngine);
                foreach (DmaRange range in DriverBench.RangesOf(mapping!))
                {
                    Expect.Faults(bench.Machine, DmaFaultReason.NotMapped, DmaAccess.Read, range.Start, () => engine.Read(range.Start, new byte[1]));
                    Expect.Faults(bench.Machine, DmaFaultReason.NotMapped, DmaAccess.Write, range.Start, () => engine.Write(range.Start, [1]));
                }

                using ScatterGatherAttachment late = buffer.AttachScatterGather(bench.Engine(SampleMachine.DirectEngine));
                Expect.Fails(Errno.ENODEV, () => late.MapScatterGather(DmaDirection.ToDevice));
                Expect.Fails(Errno.ENODEV, () => DriverBench.BytesOf(buffer));
                Expect.Fails(Errno.ENODEV, () => DriverBench.Exporter(buffer).MoveTo(GraphicsPlacement.DeviceMemory));
                mapping!.Dispose();
                mapping.Attachment.Dispose();
            },
            (bench, buffer) =>
            {
                ScatterGatherAttachment attachment = buffer.Attach(new LettingGo(), ScatterGatherMappingType.Request(bench.Engine(SampleMachine.PlatformEngine)));
                using FenceSource work = new FenceContext("work").CreateFence();
                using ReservationLock held = buffer.Reservation.Lock();
                buffer.Reservation.AddFence(in held, work.Fence, FenceUsage.Bookkeep);
                mapping = attachment.MapScatterGatherLocked(in held, DmaDirection.Bidirectional);
                return buffer.Reservation.Snapshot(FenceUsage.Kernel)[0];
            },
            () =>
            {
                mapping!.Dispose();
                mapping.Attachment.Dispose();
            });
    }

    [Fact]
    public void A_removal_before_both_of_two_moves_leaves_the_bytes_where_the_first_began()
    {
        DriverBench bench = new();
        using (DmaBuffer buffer = bench.Graphics(new GraphicsBufferOptions { Placement = GraphicsPlacement.SystemMemory }))
        {
            GraphicsBufferExporter exporter = DriverBench.Exporter(buffer);
            using FenceSource work = new FenceContext("work").CreateFence();
            using (ReservationLock held = buffer.Reservation.Lock())
            {
                buffer.Reservation.AddFence(in held, work.Fence, FenceUsage.Bookkeep);
            }

            Fence there = exporter.MoveTo(GraphicsPlacement.DeviceMemory)!;
            Fence back = exporter.MoveTo(GraphicsPlacement.SystemMemory)!;
            bench.Gpu.Engine!.Function!.Remove(PciRemovalKind.Orderly);
            Assert.True(back.Wait(TimeSpan.FromSeconds(20)));
            Assert.Equal((Errno.ENODEV, Errno.None), (there.Error, back.Error));
            Assert.Equal(bench.Contents, DriverBench.BytesOf(buffer));
            Assert.Equal(0UL, bench.Gpu.AllocatedBytes);
        }

        bench.ExpectNothingLeft(faults: bench.Machine.Faults.TotalCount);
    }

    [Fact]
    public void A_GPU_without_an_engine_has_its_buffers_moved_by_the_CPU()
    {
        SoftwareMachineBuilder builder = SampleMachine.Describe();
        builder.AddHostBridge(PciHostBridgePolicy.Listed).AddRootPort().AddEndpoint("plain").AddBar(1 << 20);
        SoftwareMachine machine = builder.Build();
        GraphicsProcessor gpu = new(machine, machine.GetPciFunction("plain").Bars[0]);
        byte[] contents = Expect.Pattern(DriverBench.Size);
        Assert.Null(gpu.Engine);
        using (DmaBuffer buffer = gpu.Export(DriverBench.Size, null, new DmaBufferExportOptions { Registry = new DmaBufferRegistry() }))
        {
            GraphicsBufferExporter exporter = DriverBench.Exporter(buffer);
            exporter.Write(0, contents);
            exporter.MoveTo(GraphicsPlacement.SystemMemory);
            Assert.Equal(contents, DriverBench.BytesOf(buffer));
            exporter.MoveTo(GraphicsPlacement.DeviceMemory);
            Assert.Equal(contents, DriverBench.BytesOf(buffer));
        }

        Assert.Equal((0UL, 0UL, 0L), (gpu.AllocatedBytes, machine.Ram.AllocatedBytes, machine.Faults.TotalCount));
    }

    private static void Sweep(
        GraphicsPlacement from, Func<int, DmaFaultInjection> injection, Action<DriverBench, DmaBuffer, Fence> expect, Func<DriverBench, DmaBuffer, Fence>? move = null,
        Action? end = null)
    {
        int struck = 0;
        for (int number = 1; ; number++, struck++)
        {
            DriverBench bench = new();
            using (DmaBuffer buffer = bench.Graphics(new GraphicsBufferOptions { Placement = from }))
            {
                bench.Gpu.Engine!.Injection = injection(number);
                Fence arrived = move is null ? DriverBench.Exporter(buffer).MoveTo(1 - from)! : move(bench, buffer);
                Assert.True(arrived.Wait(TimeSpan.FromSeconds(20)), $"{arrived} does not end");
                Assert.Equal(0, bench.Gpu.Engine.LiveMappingCount);
                if (!bench.Gpu.Engine.Injection.HasStruck)
                {
                    end?.Invoke();
                    break;
                }

                expect(bench, buffer, arrived);
            }

            bench.ExpectNothingLeft(faults: bench.Machine.Faults.TotalCount);
        }

        Assert.True(struck > 20, $"only {struck} accesses");
    }
}
