namespace DmaBuf.Linux.Tests;

/// <summary>The other way: a program fills frames, the virtual device shows them and gives them back. It keeps the last that it has until it gets another.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class VideoOutputTests : LeakCheckedTest
{
    [Fact]
    public async Task Frames_in_imported_buffers_are_shown_in_order_and_come_back_unchanged()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.ByCpu, VideoBufferType.Output);
        VideoFormat format = device.GetFormat(VideoBufferType.Output);
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Output, VideoMemory.DmaBuf, 2);
        VideoImporter importer = new(queue);
        ulong size = PageRounded(format.Planes[0].Size);
        using DmaBuffer one = KernelBufferExporter.Export(Filled(BuffersLab.Allocate(size), 1));
        using DmaBuffer other = KernelBufferExporter.Export(Filled(BuffersLab.FromMemoryFile(size), 2));
        using DescriptorAttachment first = one.Attach(importer, importer.Request());
        using DescriptorAttachment second = other.Attach(importer, importer.Request());
        int firstSlot = importer.Enqueue(first);
        int secondSlot = importer.Enqueue(second);
        queue.Start();
        VideoFrame shown = await queue.DequeueAsync(Token);
        Refused(Errno.EBUSY, () => importer.Enqueue(second));
        Assert.Equal(firstSlot, importer.Enqueue(first));
        VideoFrame next = await queue.DequeueAsync(Token);
        Assert.Equal((firstSlot, secondSlot, false, false), (shown.Slot, next.Slot, shown.IsDamaged, next.IsDamaged));
        Assert.True(next.Sequence > shown.Sequence && next.Timestamp > shown.Timestamp);
        Assert.Equal([format.Planes[0].Size], shown.BytesUsed);
        queue.Stop();
        Assert.Equal((1, 2), (FirstByte(one), FirstByte(other)));
    }

    [Fact]
    public async Task Memory_of_an_output_queue_is_exported_written_through_its_dma_buf_and_shown()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.ByCpu, VideoBufferType.Output);
        VideoFormat format = device.GetFormat(VideoBufferType.Output);
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Output, VideoMemory.Driver, 2);
        using KernelBuffer exported = queue.Export(0);
        Assert.Equal(("videobuf2_vmalloc", PageRounded(format.Planes[0].Size)), (exported.ExporterName, exported.Length));
        Filled(exported, 7);
        queue.Enqueue(0);
        queue.Enqueue(1);
        queue.Start();
        Assert.Equal(0, (await queue.DequeueAsync(Token)).Slot);
        queue.Enqueue(0);
        Assert.Equal(1, (await queue.DequeueAsync(Token)).Slot);
        queue.Stop();
        Assert.Equal(7, BuffersLab.Read(exported)[0]);
        Refused(Errno.EINVAL, () => queue.Export(queue.Count));
    }

    [Fact]
    public async Task Frames_of_several_planes_have_a_buffer_for_each()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.ByCpu, VideoBufferType.OutputMultiPlanar);
        VideoFormat format = device.SetFormat(VideoBufferType.OutputMultiPlanar, device.GetFormat(VideoBufferType.OutputMultiPlanar) with { PixelFormat = "NM16", Planes = [] });
        Assert.Equal(2, format.Planes.Count);
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.OutputMultiPlanar, VideoMemory.DmaBuf, 2);
        using KernelBuffer luma = BuffersLab.Allocate(format.Planes[0].Size);
        using KernelBuffer chroma = BuffersLab.Allocate(format.Planes[1].Size);
        queue.Enqueue(0, luma, chroma);
        queue.Enqueue(1, luma, chroma);
        queue.Start();
        VideoFrame shown = await queue.DequeueAsync(Token);
        Assert.Equal((0, 2), (shown.Slot, shown.BytesUsed.Count));
        Assert.Equal([format.Planes[0].Size, format.Planes[1].Size], shown.BytesUsed);
    }

    [Fact]
    public void A_buffer_that_is_too_small_for_the_frame_is_declined_by_its_size()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.ByCpu, VideoBufferType.Output);
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Output, VideoMemory.DmaBuf, 2);
        VideoImporter importer = new(queue);
        using DmaBuffer buffer = KernelBufferExporter.Export(BuffersLab.Allocate(4096));
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(() => buffer.Attach(importer, importer.Request()));
        Assert.Contains(failure.Negotiation.Pairs, static pair => pair.Decline?.Property == "size");
        Refused(Errno.EINVAL, () => buffer.Attach(importer, importer.RequestAny()));
    }

    private static ulong PageRounded(uint size) => ((ulong)size + 4095) & ~4095UL;

    private static KernelBuffer Filled(KernelBuffer buffer, byte value)
    {
        BuffersLab.Fill(buffer, _ => value);
        return buffer;
    }

    private static byte FirstByte(DmaBuffer buffer)
    {
        using CpuAttachment attachment = buffer.Attach(new DmaBufferImporter("reader"), CpuMappingType.Request());
        using CpuMapping mapping = attachment.MapCpu();
        using CpuReadLease lease = mapping.Read();
        Assert.False(lease.Span.ContainsAnyExcept(lease.Span[0]));
        return lease.Span[0];
    }
}
