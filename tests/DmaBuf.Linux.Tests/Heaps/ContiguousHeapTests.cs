namespace DmaBuf.Linux.Tests;

/// <summary>The heap of contiguous memory (CMA): its buffers are one run, which is why a device without an IOMMU takes them, and it says itself when it has no more.</summary>
[LabMachine(LabMachines.IommuFd)]
public sealed class ContiguousHeapTests : LeakCheckedTest
{
    private static readonly VideoFormat s_format = new(320, 180, "YUYV", []);

    /// <summary>The kernel shows the same area under an old and a new name.</summary>
    private static IReadOnlyList<string> Names => [.. DmaHeap.FindNames().Where(static name => DmaHeap.KindOf(name) == DmaHeapKind.Contiguous)];

    private static string Name => Names[0];

    [Fact]
    public void It_is_found_by_its_kind_and_its_buffers_say_that_they_are_one_run()
    {
        Assert.NotEmpty(Names);
        foreach (string name in Names)
        {
            using DmaHeap heap = DmaHeap.Open(name);
            using DmaBuffer buffer = HeapExporter.Export(heap, 300_000);
            Assert.Equal((303_104UL, name), (buffer.Size, buffer.Exporter.Name));
            using DescriptorAttachment attachment = buffer.Attach(
                new DmaBufferImporter("picky"), DescriptorMappingType.Request(new DescriptorNeeds { Kinds = DescriptorKind.DmaBuf, Contiguous = true }));
            using DescriptorMapping mapping = attachment.MapDescriptor();
            Assert.Equal(1, buffer.AttachmentCount);
        }
    }

    [Fact]
    public async Task A_camera_that_needs_one_run_captures_into_it_as_foretold()
    {
        using VideoDevice device = BuffersLab.OpenVivid(BuffersLab.Contiguous);
        VideoFormat format = device.SetFormat(VideoBufferType.Capture, s_format);
        using VideoQueue queue = VideoQueue.Create(device, VideoBufferType.Capture, VideoMemory.DmaBuf, 2);
        VideoImporter importer = new(queue, needsContiguousMemory: true);
        using DmaHeap heap = DmaHeap.Open(Name);
        using DmaBuffer one = HeapExporter.Export(heap, format.Planes[0].Size);
        using DmaBuffer other = HeapExporter.Export(heap, format.Planes[0].Size);
        using DescriptorAttachment first = one.Attach(importer, importer.Request());
        using DescriptorAttachment second = other.Attach(importer, importer.Request());
        importer.Enqueue(first);
        importer.Enqueue(second);
        queue.Start();
        await queue.DequeueAsync(Token);
        await queue.DequeueAsync(Token);
        queue.Stop();
        foreach (DmaBuffer buffer in new[] { one, other })
        {
            using CpuAttachment attachment = buffer.Attach(new DmaBufferImporter("reader"), CpuMappingType.Request());
            using CpuMapping mapping = attachment.MapCpu();
            using CpuReadLease lease = mapping.Read();
            TestPicture.AssertShown(lease.Span.ToArray(), format);
        }
    }

    [Fact]
    public void When_it_is_empty_the_kernel_says_ENOMEM_and_what_was_allocated_before_is_given_back()
    {
        using DmaHeap heap = DmaHeap.Open(Name);
        int descriptors = ProcessResources.Read().Descriptors.Count;
        List<KernelBuffer> buffers = [];
        DmaBufException refusal = Assert.Throws<DmaBufException>(() =>
        {
            while (buffers.Count < 100)
            {
                buffers.Add(heap.Allocate(1 << 20));
            }
        });
        Assert.Equal(Errno.ENOMEM, refusal.Errno);
        Assert.NotEmpty(buffers);
        Assert.Contains($"Allocating 1048576 bytes from heap \"{Name}\"", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("ask for less, or release buffers", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(descriptors + buffers.Count, ProcessResources.Read().Descriptors.Count);
        buffers.ForEach(static buffer => buffer.Dispose());
        Assert.Equal(descriptors, ProcessResources.Read().Descriptors.Count);
        using KernelBuffer again = heap.Allocate(1 << 20);
        Assert.False(BuffersLab.Read(again).AsSpan().ContainsAnyExcept((byte)0));
    }
}
