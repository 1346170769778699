namespace DmaBuf.Linux.Tests;

/// <summary>The virtual video device of a real kernel captures frames, into its own memory and into ours; the pixels are those of its test picture.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class VideoQueueTests : LeakCheckedTest
{
    private static readonly VideoFormat Format = new(320, 180, "YUYV", []);

    [Fact]
    public void A_device_says_what_it_is_and_takes_a_format()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.ByCpu);
        Assert.True(device.Capabilities.CanStream);
        VideoFormat taken = device.SetFormat(VideoBufferType.Capture, Format);
        Assert.Equal((320U, 180U, "YUYV"), (taken.Width, taken.Height, taken.PixelFormat));
        Assert.Equal(new VideoPlane(115200, 640), Assert.Single(taken.Planes));
        Assert.Equal(taken.Planes, device.GetFormat(VideoBufferType.Capture).Planes);
        Refused(Errno.EINVAL, () => device.GetFormat(VideoBufferType.OutputMultiPlanar));
    }

    [Fact]
    public async Task Frames_are_captured_into_memory_of_the_driver_and_seen_through_its_dma_bufs()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.ByCpu);
        VideoFormat format = device.SetFormat(VideoBufferType.Capture, Format);
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.Driver, 3);
        using KernelBuffer exported = queue.Export(0);
        Assert.Equal(("videobuf2_vmalloc", 118784UL), (exported.ExporterName, exported.Length)); // 115200, in whole pages
        for (int slot = 0; slot < queue.Count; slot++)
        {
            queue.Enqueue(slot);
        }

        Refused(Errno.EBUSY, () => queue.Enqueue(0));
        queue.Start();
        VideoFrame first = await queue.DequeueAsync(Token);
        VideoFrame second = await queue.DequeueAsync(Token);
        Assert.Equal((0, format.Planes[0].Size, false), (first.Slot, Assert.Single(first.BytesUsed), first.IsDamaged));
        Assert.True(second.Sequence > first.Sequence && second.Timestamp > first.Timestamp);
        TestPicture.AssertShown(BuffersLab.Read(exported), format);
    }

    [Fact]
    public async Task Frames_are_captured_into_buffers_of_a_heap_and_of_memory_files()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.ByCpu);
        VideoFormat format = device.SetFormat(VideoBufferType.Capture, Format);
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.DmaBuf, 2);
        using KernelBuffer heap = BuffersLab.Allocate(format.Planes[0].Size);
        using KernelBuffer user = BuffersLab.FromMemoryFile(118784);
        queue.Enqueue(0, heap);
        queue.Enqueue(1, user);
        queue.Start();
        Assert.Equal(0, (await queue.DequeueAsync(Token)).Slot);
        Assert.Equal(1, (await queue.DequeueAsync(Token)).Slot);
        queue.Stop();
        TestPicture.AssertShown(BuffersLab.Read(heap), format);
        TestPicture.AssertShown(BuffersLab.Read(user), format);
    }

    [Fact]
    public async Task Frames_of_several_planes_have_a_buffer_for_each()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.ByCpu, VideoBufferType.CaptureMultiPlanar);
        VideoFormat format = device.SetFormat(VideoBufferType.CaptureMultiPlanar, Format with { PixelFormat = "NM16" });
        Assert.Equal(("NM16", 2), (format.PixelFormat, format.Planes.Count));
        using (VideoQueue own = VideoQueue.Create(device, VideoBufferType.CaptureMultiPlanar, VideoMemory.Driver, 2))
        {
            using KernelBuffer luma = own.Export(0, 0);
            using KernelBuffer chroma = own.Export(0, 1);
            Assert.NotEqual(luma.Identity, chroma.Identity);
            own.Enqueue(0);
            own.Enqueue(1);
            own.Start();
            VideoFrame frame = await own.DequeueAsync(Token);
            Assert.Equal([format.Planes[0].Size, format.Planes[1].Size], frame.BytesUsed);
            Assert.True(BuffersLab.Read(luma).AsSpan().ContainsAnyExcept((byte)0));
            Assert.True(BuffersLab.Read(chroma).AsSpan().ContainsAnyExcept((byte)0));
        }

        using VideoQueue foreign = VideoQueue.Create(device, VideoBufferType.CaptureMultiPlanar, VideoMemory.DmaBuf, 2);
        using KernelBuffer one = BuffersLab.Allocate(format.Planes[0].Size);
        using KernelBuffer two = BuffersLab.Allocate(format.Planes[1].Size);
        using KernelBuffer three = BuffersLab.Allocate(format.Planes[0].Size);
        using KernelBuffer four = BuffersLab.Allocate(format.Planes[1].Size);
        Refused(Errno.EINVAL, () => foreign.Enqueue(0, one));
        foreign.Enqueue(0, one, two);
        foreign.Enqueue(1, three, four);
        foreign.Start();
        Assert.Equal(2, (await foreign.DequeueAsync(Token)).BytesUsed.Count);
        Assert.True(BuffersLab.Read(one).AsSpan().ContainsAnyExcept((byte)0));
        Assert.True(BuffersLab.Read(two).AsSpan().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task Stopping_gives_all_slots_back_and_ends_the_wait_for_a_frame()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.ByCpu);
        device.SetFormat(VideoBufferType.Capture, Format);
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.Driver, 2);
        await RefusedAsync(Errno.EINVAL, () => queue.DequeueAsync(Token));
        queue.Enqueue(0);
        queue.Start();
        await queue.DequeueAsync(Token);
        await RefusedAsync(Errno.EINVAL, () => queue.DequeueAsync(Token)); // nothing is enqueued
        queue.Enqueue(0);
        queue.Stop();
        Assert.False(queue.IsStreaming);
        queue.Enqueue(0);
        Refused(Errno.EBUSY, () => device.SetFormat(VideoBufferType.Capture, Format with { Width = 640, Height = 360 }));
        Refused(Errno.EBUSY, () => VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.Driver, 2));
    }

    [Fact]
    public void Too_small_too_many_and_unfitting_buffers_are_refused_as_predicted_and_by_the_kernel()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.ByCpu);
        device.SetFormat(VideoBufferType.Capture, Format);
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.DmaBuf, 2);
        using KernelBuffer small = BuffersLab.Allocate(4096);
        DmaBufException refusal = Refused(Errno.EINVAL, () => queue.Enqueue(0, small));
        Assert.Contains("needs 115200 bytes", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(Errno.EINVAL, Give(device, (int)small.Descriptor.DangerousGetHandle()));
        Assert.Equal(Errno.EINVAL, Give(device, -1));
        Refused(Errno.EINVAL, () => queue.Enqueue(0));
        Refused(Errno.EINVAL, () => queue.Export(0));
        Refused(Errno.EINVAL, () => VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.DmaBuf, 33));
    }

    [Fact]
    public void A_device_that_needs_one_run_takes_its_own_memory_and_huge_pages_and_refuses_pieces()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.Contiguous);
        VideoFormat format = device.SetFormat(VideoBufferType.Capture, Format with { PixelFormat = "RGB4" });
        using KernelBuffer own = ExportOf(device);
        Assert.Equal("videobuf2_dma_contig", own.ExporterName);
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.DmaBuf, 3);
        using KernelBuffer huge = BuffersLab.FromHugePages(2 << 20);
        using KernelBuffer pieces = BuffersLab.FromPieces(233472);
        Assert.True(format.Planes[0].Size is > 196608 and <= 233472);
        queue.Enqueue(0, own);
        queue.Enqueue(1, huge);
        Assert.Contains("contiguous run", Refused(Errno.EFAULT, () => queue.Enqueue(2, pieces)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_forbidden_and_foreign_nodes_are_told_apart()
    {
        Refused(Errno.ENOENT, static () => VideoDevice.Open("/dev/video99"));
        Assert.Contains("no video node", Refused(Errno.ENOTTY, static () => VideoDevice.Open("/dev/null")).Message, StringComparison.Ordinal);
        string path = VideoDevice.FindPaths()[0];
        Assert.Contains(path, WithoutPrivilege.Run(() => Refused(Errno.EACCES, () => VideoDevice.Open(path))).Message, StringComparison.Ordinal);
    }

    private static Errno Give(VideoDevice device, int descriptor) =>
        VideoQueueCalls.Give(device, VideoUapi.VIDIOC_QBUF, VideoBufferType.Capture, VideoMemory.DmaBuf, 0, [descriptor], device.GetFormat(VideoBufferType.Capture).Planes);

    private static KernelBuffer ExportOf(VideoDevice device)
    {
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.Driver, 2);
        return queue.Export(0);
    }
}
