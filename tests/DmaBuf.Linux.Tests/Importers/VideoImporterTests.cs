namespace DmaBuf.Linux.Tests;

/// <summary>A video device captures into negotiated buffers; what it cannot use is declined, or fails the attach with the kernel's errno.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class VideoImporterTests : LeakCheckedTest
{
    private static readonly VideoFormat Format = new(320, 180, "YUYV", []);
    private readonly DmaBufferImporter _reader = new("reader");

    [Fact]
    public async Task Frames_are_captured_into_attached_buffers_and_read_by_the_CPU()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.ByCpu);
        VideoFormat format = device.SetFormat(VideoBufferType.Capture, Format);
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.DmaBuf, 2);
        VideoImporter importer = new(queue);
        using DmaHeap heap = DmaHeap.Open("system");
        using DmaBuffer one = HeapExporter.Export(heap, format.Planes[0].Size);
        using DmaBuffer other = KernelBufferExporter.Export(BuffersLab.FromMemoryFile(118784));
        using DescriptorAttachment first = one.Attach(importer, importer.Request());
        using DescriptorAttachment second = other.Attach(importer, importer.Request());
        int slot = importer.Enqueue(first);
        importer.Enqueue(second);
        Refused(Errno.EBUSY, () => importer.Enqueue(first));
        queue.Start();
        Assert.Equal(slot, (await queue.DequeueAsync(Token)).Slot);
        await queue.DequeueAsync(Token);
        queue.Stop();
        AssertPicture(one, format);
        AssertPicture(other, format);
    }

    [Fact]
    public void After_the_last_detach_the_kernel_holds_the_memory_no_more()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.Contiguous);
        device.SetFormat(VideoBufferType.Capture, Format);
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.DmaBuf, 2);
        VideoImporter importer = new(queue);
        using KernelBuffer huge = BuffersLab.FromHugePages(2 << 20);
        ulong before = huge.ReadFacts().References;
        using (DmaBuffer buffer = KernelBufferExporter.Export(KernelBuffer.Adopt(huge.DuplicateDescriptor())))
        {
            using DescriptorAttachment attachment = buffer.Attach(importer, importer.Request());
            Assert.True(huge.ReadFacts().References > before);
        }

        Assert.Equal(before, huge.ReadFacts().References);
    }

    [Fact]
    public void A_buffer_that_is_too_small_is_declined_by_its_size()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.ByCpu);
        device.SetFormat(VideoBufferType.Capture, Format);
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.DmaBuf, 2);
        VideoImporter importer = new(queue);
        using DmaBuffer buffer = KernelBufferExporter.Export(BuffersLab.Allocate(4096));
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(() => buffer.Attach(importer, importer.Request()));
        Assert.Contains(failure.Negotiation.Pairs, static pair => pair.Decline == new MatchDecline("size", "4096", "115200"));
    }

    [Fact]
    public void Pieces_are_declined_where_one_run_is_needed_and_unpredicted_ones_fail_the_attach_with_the_kernels_errno()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.Contiguous);
        device.SetFormat(VideoBufferType.Capture, Format with { PixelFormat = "RGB4" });
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.DmaBuf, 2);
        VideoImporter importer = new(queue, needsContiguousMemory: true);
        using UserMemoryDevice user = UserMemoryDevice.Open();
        using MemoryFile file = BuffersLab.Sealed(233472);
        using DmaBuffer known = UserMemoryExporter.Export(user, [UserMemoryPart.Whole(file)]);
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(() => known.Attach(importer, importer.Request()));
        Assert.Contains(failure.Negotiation.Pairs, static pair => pair.Decline?.Property == "contiguous run");

        using DmaBuffer unknown = KernelBufferExporter.Export(BuffersLab.FromPieces(233472));
        DmaBufException observed = Refused(Errno.EFAULT, () => unknown.Attach(importer, importer.Request()));
        Assert.Contains("one contiguous run", observed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_queue_has_as_many_attachments_as_slots_and_an_importer_needs_the_right_queue()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.ByCpu);
        device.SetFormat(VideoBufferType.Capture, Format);
        using (VideoQueue own = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.Driver, 2))
        {
            Refused(Errno.EINVAL, () => _ = new VideoImporter(own));
        }

        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.DmaBuf, 2);
        VideoImporter importer = new(queue);
        using DmaBuffer buffer = KernelBufferExporter.Export(BuffersLab.Allocate(118784));
        List<DescriptorAttachment> attachments = [];
        for (int slot = 0; slot < queue.Count; slot++)
        {
            attachments.Add(buffer.Attach(importer, importer.Request()));
        }

        Refused(Errno.EBUSY, () => buffer.Attach(importer, importer.Request()));
        attachments[0].Dispose();
        attachments[0] = buffer.Attach(importer, importer.Request());
        attachments.ForEach(static attachment => attachment.Dispose());
    }

    private void AssertPicture(DmaBuffer buffer, VideoFormat format)
    {
        using CpuAttachment attachment = buffer.Attach(_reader, CpuMappingType.Request());
        using CpuMapping mapping = attachment.MapCpu();
        using CpuReadLease lease = mapping.Read();
        TestPicture.AssertShown(lease.Span.ToArray(), format);
    }
}
