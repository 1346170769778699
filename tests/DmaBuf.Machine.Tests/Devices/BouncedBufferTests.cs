namespace DmaBuf.Machine.Tests;

/// <summary>Buffers that an importing device reaches through the bounce pool: agreed on by name, and brought together by CPU access brackets.</summary>
public sealed class BouncedBufferTests
{
    private readonly BounceBench _bench = new();

    public static TheoryData<string> Exporters => ["ram", "physical-ram", "system-heap", "contiguous-heap", "user-memory"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Bouncing_that_was_not_asked_for_by_name_is_declined_with_its_property()
    {
        using DmaBuffer buffer = _bench.HighBuffer();
        NegotiationFailedException refused = Assert.Throws<NegotiationFailedException>(
            () => buffer.Attach(new DmaBufferImporter("importer"), ScatterGatherMappingType.Request(_bench.Engine)));
        Assert.Contains("cost", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Bounce", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0UL, _bench.Machine.BouncePool!.HighestUsedBytes);
        using ScatterGatherAttachment other = buffer.AttachScatterGather(_bench.Machine.GetEngine(BounceBench.Wide));
        using ScatterGatherAttachment named = _bench.Attach(buffer, _bench.Engine);
        Assert.Equal(MappingCost.Bounce, named.CostBound);
    }

    [Fact]
    public void A_mapping_says_whether_it_was_bounced()
    {
        using (DmaBuffer high = _bench.HighBuffer())
        using (DmaBuffer low = RamExporter.Export(_bench.Machine, BounceBench.Size, RamPlacement.Below4GiB, _bench.Options))
        using (ScatterGatherAttachment highAttachment = _bench.Attach(high, _bench.Engine))
        using (ScatterGatherAttachment lowAttachment = _bench.Attach(low, _bench.Engine))
        using (ScatterGatherMapping bounced = highAttachment.MapScatterGather(DmaDirection.ToDevice))
        using (ScatterGatherMapping direct = lowAttachment.MapScatterGather(DmaDirection.ToDevice))
        {
            Assert.Equal((MappingCost.Bounce, MappingCost.None), (bounced.Cost, direct.Cost));
        }

        _bench.ExpectNothingLeft();
    }

    [Theory]
    [MemberData(nameof(Exporters))]
    public void CPU_access_brackets_reach_the_bounced_mappings_of_every_exporter(string kind)
    {
        PhysicalRange[] low = _bench.Machine.Ram.AllocateScattered(16 * Expect.Page, Expect.Page, RamPlacement.Below4GiB);
        ContiguousHeap contiguous = new(_bench.Machine, 16 * Expect.Page);
        using RamFile file = new(_bench.Machine, BounceBench.Size);
        file.AddSeals(RamFileSeals.Shrink);
        using (DmaBuffer buffer = _bench.Fill(kind switch
        {
            "ram" => RamExporter.Export(_bench.Machine, BounceBench.Size, _bench.Options),
            "physical-ram" => PhysicalRamExporter.Export(_bench.Machine, BounceBench.Size, _bench.Options),
            "system-heap" => new SystemHeap(_bench.Machine).Allocate(BounceBench.Size, _bench.Options),
            "contiguous-heap" => contiguous.Allocate(BounceBench.Size, _bench.Options),
            _ => UserMemoryExporter.Export(_bench.Machine, [new RamFilePart(file, 0, BounceBench.Size)], _bench.Options),
        }))
        using (ScatterGatherAttachment attachment = _bench.Attach(buffer, _bench.Engine))
        using (ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional))
        {
            DmaRange[] table = ExporterBench.RangesOf(mapping);
            Assert.All(table, range => Assert.True(_bench.LiesInPool(range)));
            Assert.Equal(_bench.Contents, BounceBench.BytesSeenBy(_bench.Engine, table));
            byte[] update = Expect.Pattern(BounceBench.Size, seed: 6);
            _bench.Engine.Write(table, update);
            Assert.Equal(_bench.Contents, BounceBench.BytesOf(buffer));
            buffer.BeginCpuAccess(DmaDirection.FromDevice, Token);
            Assert.Equal(update, BounceBench.BytesOf(buffer));
            buffer.EndCpuAccess(DmaDirection.FromDevice);

            _bench.Fill(buffer);
            Assert.Equal(update, BounceBench.BytesSeenBy(_bench.Engine, table));
            buffer.EndCpuAccess(DmaDirection.ToDevice);
            Assert.Equal(_bench.Contents, BounceBench.BytesSeenBy(_bench.Engine, table));
        }

        contiguous.Dispose();
        file.Dispose();
        _bench.Machine.Ram.Free(low);
        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_device_that_forgets_to_synchronise_leaves_stale_bytes_on_both_sides()
    {
        using DmaBuffer buffer = _bench.HighBuffer();
        using ScatterGatherAttachment attachment = _bench.Attach(buffer, new ForgetfulDevice(_bench.Engine));
        using (ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional))
        {
            DmaRange[] table = ExporterBench.RangesOf(mapping);
            _bench.Engine.Write(table[0].Start, [1, 2, 3]);
            buffer.BeginCpuAccess(DmaDirection.Bidirectional, Token);
            Assert.Equal(_bench.Contents, BounceBench.BytesOf(buffer));
            ((MachineExporter)buffer.Exporter).Write(10, [4]);
            buffer.EndCpuAccess(DmaDirection.Bidirectional);
            Assert.Equal(_bench.Contents[10], BounceBench.BytesSeenBy(_bench.Engine, table)[10]);
        }

        // The unmap brings the device's bytes, and with them the old ones over the CPU's.
        byte[] after = BounceBench.BytesOf(buffer);
        Assert.Equal([1, 2, 3], after[..3]);
        Assert.Equal(_bench.Contents[10], after[10]);
    }

    [Fact]
    public void A_write_of_the_CPU_survives_beside_those_of_a_device_that_only_writes()
    {
        using DmaBuffer buffer = _bench.HighBuffer();
        using ScatterGatherAttachment attachment = _bench.Attach(buffer, _bench.Engine);
        using (ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.FromDevice))
        {
            DmaAddress first = ExporterBench.RangesOf(mapping)[0].Start;
            _bench.Engine.Write(first, [1]);
            buffer.BeginCpuAccess(DmaDirection.ToDevice, Token);
            ((MachineExporter)buffer.Exporter).Write(1, [2]);
            buffer.EndCpuAccess(DmaDirection.ToDevice);
            _bench.Engine.Write(new DmaAddress(first.Value + 2), [3]);
        }

        Assert.Equal([1, 2, 3], BounceBench.BytesOf(buffer)[..3]);
    }

    [Fact]
    public void A_reading_device_never_brings_its_old_copy_back_and_gets_the_new_bytes_with_the_CPUs()
    {
        using DmaBuffer buffer = _bench.HighBuffer();
        DmaEngineDevice reader = _bench.Machine.GetEngine(BounceBench.OtherShort);
        using ScatterGatherAttachment writing = _bench.Attach(buffer, _bench.Engine);
        using ScatterGatherAttachment reading = _bench.Attach(buffer, reader);
        using ScatterGatherMapping written = writing.MapScatterGather(DmaDirection.FromDevice);
        using ScatterGatherMapping read = reading.MapScatterGather(DmaDirection.ToDevice);
        byte[] update = Expect.Pattern(BounceBench.Size, seed: 7);
        _bench.Engine.Write(ExporterBench.RangesOf(written), update);
        buffer.BeginCpuAccess(DmaDirection.Bidirectional, Token);
        Assert.Equal(update, BounceBench.BytesOf(buffer));
        Assert.Equal(_bench.Contents, BounceBench.BytesSeenBy(reader, ExporterBench.RangesOf(read)));
        buffer.EndCpuAccess(DmaDirection.Bidirectional);
        Assert.Equal(update, BounceBench.BytesSeenBy(reader, ExporterBench.RangesOf(read)));
    }

    [Fact]
    public void Bytes_are_fetched_after_the_fence_of_the_device_that_writes_them()
    {
        using DmaBuffer buffer = _bench.HighBuffer();
        using ScatterGatherAttachment attachment = _bench.Attach(buffer, _bench.Engine);
        using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.FromDevice);
        FenceSource work = new FenceContext("engine").CreateFence();
        using (ReservationLock held = buffer.Reservation.Lock(Token))
        {
            attachment.AddFence(in held, work.Fence, FenceUsage.Write);
        }

        DmaAddress first = ExporterBench.RangesOf(mapping)[0].Start;
        Thread device = new(() =>
        {
            _bench.Engine.Write(first, [42]);
            work.TrySignal();
        });
        device.Start();
        buffer.BeginCpuAccess(DmaDirection.FromDevice, Token);
        Assert.Equal(42, BounceBench.BytesOf(buffer)[0]);
        buffer.EndCpuAccess(DmaDirection.FromDevice);
        device.Join();
    }

    [Fact]
    public async Task A_revoke_brings_the_bytes_back_and_frees_the_slots()
    {
        using (DmaBuffer buffer = _bench.HighBuffer())
        {
            LettingGo importer = new();
            using ScatterGatherAttachment attachment = buffer.Attach(importer, ScatterGatherMappingType.Request(_bench.Engine, ceiling: BounceBench.Bouncing));
            importer.Mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
            DmaAddress first = ExporterBench.RangesOf(importer.Mapping)[0].Start;
            _bench.Engine.Write(first, [1]);
            RevokeReport report = await buffer.RevokeAsync(TimeSpan.Zero, Token);
            Assert.Equal((RevokeOutcome.Drained, 0UL), (report.Outcome, _bench.Machine.BouncePool!.UsedBytes));
            Assert.Equal(1, BounceBench.BytesOf(buffer)[0]);
            Expect.Faults(_bench.Machine, DmaFaultReason.NotMapped, DmaAccess.Write, first, () => _bench.Engine.Write(first, [2]));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_map_whose_nth_range_finds_the_pool_used_up_is_ENOMEM_and_leaves_nothing()
    {
        for (ulong pages = 1; pages < BounceBench.Size / Expect.Page; pages++)
        {
            BounceBench bench = new(poolPages: pages);
            using (DmaBuffer buffer = bench.HighBuffer())
            using (ScatterGatherAttachment attachment = bench.Attach(buffer, bench.Engine))
            {
                Expect.Fails(Errno.ENOMEM, () => attachment.MapScatterGather(DmaDirection.Bidirectional));
                Assert.Equal((0, 0UL, pages * Expect.Page), (attachment.LiveMappings, bench.Machine.BouncePool!.UsedBytes, bench.Machine.BouncePool.HighestUsedBytes));
                Assert.Equal(bench.Contents, BounceBench.BytesOf(buffer));
            }

            bench.ExpectNothingLeft();
        }
    }

    [Fact]
    public void Every_nth_step_of_attach_and_map_fails_and_leaves_no_slot_behind()
    {
        int failures = 0;
        using (DmaBuffer buffer = _bench.HighBuffer())
        {
            for (int failing = 1; ; failing++)
            {
                int reached = 0;
                using IDisposable injection = FaultInjection.Install(_ => ++reached == failing);
                Exception? exception = Record.Exception(() =>
                {
                    using ScatterGatherAttachment attachment = _bench.Attach(buffer, _bench.Engine);
                    attachment.MapScatterGather(DmaDirection.Bidirectional).Dispose();
                });
                Assert.Equal((0, 0UL), (_bench.Engine.LiveMappingCount, _bench.Machine.BouncePool!.UsedBytes));
                if (exception is null)
                {
                    break;
                }

                failures++;
                Assert.Equal(Errno.ENOMEM, Assert.IsType<DmaBufException>(exception).Errno);
            }
        }

        Assert.Equal(4, failures);
        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_peers_memory_is_not_declined_for_a_bounce_that_it_can_never_need()
    {
        PciBar bar = _bench.Machine.GetPciFunction(BounceBench.Gpu).Bars[0];
        using DmaBuffer buffer = PeerToPeerBarExporter.Export(_bench.Machine, bar, 0, Expect.Page, _bench.Options);
        using ScatterGatherAttachment attachment = buffer.AttachScatterGatherDynamic(
            _bench.Machine.GetEngine(BounceBench.Nic), new LettingGo(), PeerToPeerAcceptance.Accepted);
        Assert.Equal(MappingCost.None, attachment.CostBound);
        Expect.Fails(Errno.EFAULT, () => attachment.MapScatterGather(DmaDirection.ToDevice));
    }
}
