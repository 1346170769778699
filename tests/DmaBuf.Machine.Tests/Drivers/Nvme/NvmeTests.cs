namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>Blocks between a medium and buffers of every kind, straight, and through the controller's own memory past RAM.</summary>
public sealed class NvmeTests
{
    public static TheoryData<string, string?> Buffers => new(
        from kind in new[] { "ram", "gpu", "cmb" }
        from iommu in new[] { SampleMachine.Iommu, null }
        select (kind, iommu));

    [Theory]
    [MemberData(nameof(Buffers))]
    public void Blocks_go_into_a_buffer_and_back_wherever_it_lies(string kind, string? iommu)
    {
        NvmeBench bench = new(iommu);
        using (DmaBuffer buffer = bench.Buffer(kind))
        {
            using NvmeBufferImporter importer = new(bench.Queue, buffer);
            Assert.Equal(kind != "ram", importer.Attachment.PeerToPeerAllowed);

            // Ten blocks into the middle, and from there to another place of the medium, without waiting in between.
            DmaTransfer read = importer.ReadBlocks(bench.Medium, 5, 10, 1000);
            DmaTransfer written = importer.WriteBlocks(bench.Medium, 5000, 16, 512);
            Assert.Equal((Errno.None, Errno.None), (NvmeBench.Wait(read), NvmeBench.Wait(written)));
            byte[] expected = new byte[NvmeBench.Size];
            bench.Contents.AsSpan(5 * 512, 10 * 512).CopyTo(expected.AsSpan(1000));
            Assert.Equal(expected, DriverBench.BytesOf(buffer));
            Assert.Equal(expected[512..(512 + (16 * 512))], bench.BytesOnMedium(5000 * 512, 16 * 512));
        }

        bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_peer_fetches_blocks_from_the_controllers_memory_and_RAM_is_never_touched()
    {
        NvmeBench bench = new();
        ulong committed = bench.Machine.Memory.CommittedBytes;
        using (DmaBuffer staging = bench.Buffer("cmb"))
        using (DmaBuffer video = bench.Buffer("gpu"))
        {
            using NvmeBufferImporter storage = new(bench.Queue, staging);
            using DynamicDmaImporter adapter = new(bench.Machine.GetEngine("nic"), staging);
            storage.ReadBlocks(bench.Medium, 0, NvmeBench.Blocks, 0);

            // The adapter waits for the storage by the fence that it finds.
            byte[] seen = new byte[NvmeBench.Size];
            adapter.Read(0, seen);
            Assert.Equal(bench.Contents, seen);

            // And the GPU's engine fetches them into its own memory.
            using ScatterGatherAttachment source = staging.Attach(new LettingGo(), ScatterGatherMappingType.Request(bench.Gpu.Engine!, PeerToPeerAcceptance.Accepted));
            using ScatterGatherAttachment target = video.Attach(new LettingGo(), ScatterGatherMappingType.Request(bench.Gpu.Engine!, PeerToPeerAcceptance.Accepted));
            using ScatterGatherMapping from = source.MapScatterGather(DmaDirection.ToDevice);
            using ScatterGatherMapping to = target.MapScatterGather(DmaDirection.FromDevice);
            Assert.Equal(Errno.None, NvmeBench.Wait(bench.Gpu.Engine!.CreateChannel("copy").SubmitCopy(DmaRangeList.Of(from), DmaRangeList.Of(to))));
            Assert.Equal(bench.Contents, DriverBench.BytesOf(video));
            Assert.Equal(0UL, bench.Machine.Ram.AllocatedBytes);
        }

        Assert.Equal(committed + (2 * NvmeBench.Size), bench.Machine.Memory.CommittedBytes);
        bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_buffer_that_moves_meanwhile_gets_its_blocks_and_a_command_waits_for_one_that_moves()
    {
        NvmeBench bench = new();
        using (DmaBuffer buffer = bench.Buffer("gpu"))
        {
            GraphicsBufferExporter exporter = DriverBench.Exporter(buffer);
            using NvmeBufferImporter importer = new(bench.Queue, buffer);
            for (uint block = 0; block < NvmeBench.Blocks; block += 8)
            {
                importer.ReadBlocks(bench.Medium, block, 8, block * 512UL);
                exporter.MoveTo(1 - exporter.Placement);
            }

            Assert.Equal(Errno.None, NvmeBench.Wait(importer.WriteBlocks(bench.Medium, 9000, NvmeBench.Blocks, 0)));
            Assert.Equal(bench.Contents, DriverBench.BytesOf(buffer));
            Assert.Equal(bench.Contents, bench.BytesOnMedium(9000 * 512, NvmeBench.Size));
        }

        bench.ExpectNothingLeft();
    }

    [Fact]
    public async Task A_revoke_aborts_the_commands_under_way_and_no_other_can_be_submitted()
    {
        NvmeBench bench = new();
        using (DmaBuffer buffer = bench.Buffer("cmb"))
        {
            using NvmeBufferImporter importer = new(bench.Queue, buffer);
            DmaTransfer held = bench.Queue.Submit(
                new NvmeCommand(NvmeOpcode.Write, bench.Medium, 0, NvmeDataPointer.List(new DmaRangeList(new DmaRange(new DmaAddress(1), 512)))), new DmaTransferOptions { IsHeld = true });
            DmaTransfer command = importer.ReadBlocks(bench.Medium, 0, 8, 0);
            Task<RevokeReport> revoke = buffer.RevokeAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken).AsTask();

            // The command stands behind one that is held, so it was told to end before it began.
            held.Abort();
            Assert.Equal(RevokeOutcome.Drained, (await revoke).Outcome);
            Assert.Equal((Errno.ECANCELED, 0UL), (NvmeBench.Wait(command), command.MovedBytes));
            Expect.Fails(Errno.ENODEV, () => importer.ReadBlocks(bench.Medium, 0, 8, 0));
        }

        bench.ExpectNothingLeft(faults: bench.Machine.Faults.TotalCount);
    }

    [Fact]
    public void Commands_that_cannot_be_are_refused_and_leave_no_mapping()
    {
        NvmeBench bench = new();
        NvmeNamespace stranger = new(8);
        using (DmaBuffer buffer = bench.Buffer("ram"))
        {
            using NvmeBufferImporter importer = new(bench.Queue, buffer);
            Expect.Fails(Errno.EINVAL, () => importer.ReadBlocks(stranger, 0, 1, 0));
            Expect.Fails(Errno.EINVAL, () => importer.ReadBlocks(bench.Medium, bench.Medium.Blocks, 1, 0));
            Expect.Fails(Errno.EINVAL, () => importer.ReadBlocks(bench.Medium, ulong.MaxValue, 1, 0));
            Expect.Fails(Errno.EINVAL, () => importer.WriteBlocks(bench.Medium, 0, 0, 0));
            Expect.Fails(Errno.EINVAL, () => importer.WriteBlocks(bench.Medium, 0, NvmeBench.Blocks, 512));
            DmaRangeList odd = new(new DmaRange(new DmaAddress(0x1000), 511));
            Expect.Fails(Errno.EINVAL, () => bench.Queue.Submit(new NvmeCommand(NvmeOpcode.Read, bench.Medium, 0, NvmeDataPointer.List(odd))));
            Expect.Fails(Errno.EINVAL, () => bench.Queue.Submit(new NvmeCommand((NvmeOpcode)9, bench.Medium, 0, NvmeDataPointer.List(new DmaRangeList(new DmaRange(default, 512))))));
            Assert.Equal((0, false), (importer.Attachment.LiveMappings, buffer.Reservation.HasPending(FenceUsage.Bookkeep)));
            PciFunction nic = bench.Machine.GetPciFunction("nic");
            Expect.Fails(Errno.EINVAL, () => _ = new NvmeController(bench.Machine, nic, bench.Controller.Function.Bars[1]));
            Expect.Fails(Errno.EOPNOTSUPP, () => new NvmeController(bench.Machine, nic).ExportControllerMemory(4096));
            Expect.Fails(Errno.ENOMEM, () => bench.Controller.ExportControllerMemory(1 << 21));
        }

        bench.ExpectNothingLeft();
    }

    [Fact]
    public void Pages_are_cut_at_pages_and_refuse_what_has_a_gap_inside()
    {
        DmaRange Range(ulong start, ulong length) => new(new DmaAddress(start), length);
        DmaRangeList list = new(Range(0x1f00, 0x1100), Range(0x8000, 0x1200));
        NvmeDataPointer pages = NvmeDataPointer.Pages(list);
        Assert.Equal([Range(0x1f00, 0x100), Range(0x2000, 0x1000), Range(0x8000, 0x1000), Range(0x9000, 0x200)], pages.Entries.Ranges.ToArray());
        Assert.True(pages.IsPages);
        Expect.Fails(Errno.EINVAL, () => NvmeDataPointer.Pages(new DmaRangeList(Range(0x1000, 0x800), Range(0x2000, 0x800))));
        Expect.Fails(Errno.EINVAL, () => NvmeDataPointer.Pages(new DmaRangeList(Range(0x1000, 0x1000), Range(0x2800, 0x800))));
        Assert.Same(list, NvmeDataPointer.List(list).Entries);
    }

    [Fact]
    public void A_medium_is_what_was_written_and_zeros_elsewhere()
    {
        NvmeNamespace medium = new(1UL << 40, 4096);
        byte[] bytes = Expect.Pattern(10_000);
        medium.Write((1UL << 45) + 5, bytes);
        byte[] seen = new byte[10_010];
        medium.Read(1UL << 45, seen);
        Assert.Equal([.. new byte[5], .. bytes, .. new byte[5]], seen);
        Assert.Equal(3, medium.WrittenBlocks);
        Expect.Fails(Errno.EINVAL, () => _ = new NvmeNamespace(0));
        Expect.Fails(Errno.EINVAL, () => _ = new NvmeNamespace(1, 513));
    }
}
