using DmaBuf.Linux.Tests.Importers;
using DmaBuf.Samples.Vfio;

namespace DmaBuf.Linux.Tests.Vfio;

/// <summary>Devices and the kernel's buffers: what a device's DMA reaches, what is declined before, and what the kernel says if it is tried all the same.</summary>
[LabMachine(LabMachines.Devices)]
public sealed class KernelBufferDmaTests : LeakCheckedTest
{
    private const int Length = 1000;
    private static readonly DmaBufferImporter s_cpu = new("cpu");

    [Fact]
    public async Task What_a_device_writes_into_the_memory_file_behind_a_udmabuf_is_seen_through_the_udmabuf_and_the_other_way_round()
    {
        using LabDevices lab = new();
        using EduDevice edu = EduDevice.Open(await lab.OpenAsync(LabDevices.Edu));
        VfioTypeOneImporter importer = lab.Importer();
        using DmaMemory memory = DmaMemory.Create(TestMemory, LabDevices.Page, buffer => importer.Attach(buffer));
        MemoryFile file = BuffersLab.Sealed(2 * LabDevices.Page);
        using UserMemoryDevice device = UserMemoryDevice.Open();
        using DmaBuffer seen = UserMemoryExporter.Export(device, [UserMemoryPart.Whole(file)]);
        using DmaBuffer behind = MemoryFileExporter.Export(file);
        using DescriptorAttachment mapped = importer.Attach(behind);
        DmaAddress at = new(ImportedDmaRange.Of(mapped).Start.Value + LabDevices.Page);
        byte[] pattern = TypeOneDmaTests.Pattern(Length, 21);
        memory.Write(0, pattern);
        await edu.CopyAsync(memory.AddressOf(0), at, Length, Token);
        Assert.Equal(pattern, Read(seen, LabDevices.Page));

        byte[] reply = TypeOneDmaTests.Pattern(Length, 22);
        Write(seen, LabDevices.Page, reply);
        await edu.CopyAsync(at, memory.AddressOf(0), Length, Token);
        Assert.Equal(reply, memory.Read(0, Length));
    }

    [Fact]
    public async Task A_device_moves_bytes_into_memory_that_a_video_driver_exported()
    {
        using LabDevices lab = new();
        using EduDevice edu = EduDevice.Open(await lab.OpenAsync(LabDevices.Edu));
        VfioTypeOneImporter importer = lab.Importer();
        using DmaMemory memory = DmaMemory.Create(TestMemory, LabDevices.Page, buffer => importer.Attach(buffer));
        using VideoDevice video = BuffersLab.OpenVivid(BuffersLab.ByCpu);
        video.SetFormat(VideoBufferType.Capture, new(320, 180, "YUYV", []));
        using VideoQueue queue = VideoQueue.Create(video, VideoBufferType.Capture, VideoMemory.Driver, 2);
        using DmaBuffer frame = VideoExporter.Export(queue, 0);
        Assert.Equal("videobuf2_vmalloc", frame.Exporter.Name);
        using DescriptorAttachment mapped = importer.Attach(frame);
        ulong offset = 10 * LabDevices.Page;
        DmaAddress at = new(ImportedDmaRange.Of(mapped).Start.Value + offset);
        byte[] pattern = TypeOneDmaTests.Pattern(Length, 23);
        memory.Write(0, pattern);
        Assert.NotEqual(pattern, Read(frame, offset));
        await edu.CopyAsync(memory.AddressOf(0), at, Length, Token);
        Assert.Equal(pattern, Read(frame, offset));
    }

    [Theory]
    [InlineData("system")]
    [InlineData("udmabuf")]
    public async Task Buffers_of_heaps_and_of_udmabuf_are_declined_as_not_pinnable_and_the_kernel_says_EFAULT_if_tried_all_the_same(string exporter)
    {
        using LabDevices lab = new();
        await lab.OpenAsync(LabDevices.Edu);
        using DmaBuffer buffer = KernelBuffersForDma.Make(exporter);
        Assert.Equal(exporter, buffer.Exporter.Name);
        NegotiationFailedException declined = Assert.Throws<NegotiationFailedException>(() => lab.Importer().Attach(buffer));
        Assert.Contains(declined.Negotiation.Pairs, static pair => pair.Decline?.Property == "pinnable by address");

        MappingRequest<DescriptorAttachment> bare = BareImport.Request((descriptor, size) =>
        {
            using MemoryMapping memory = MemoryMapping.Map(descriptor, 0, size, MemoryProtection.ReadWrite);
            return lab.Container.Map(memory, 0, size, new DmaAddress(0x0500_0000), DmaDirection.Bidirectional);
        });
        DmaBufException refused = Refused(Errno.EFAULT, () => buffer.Attach(s_cpu, bare));
        Assert.Contains("Map the memory file behind a udmabuf instead", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, buffer.AttachmentCount);
    }

    [Fact]
    public async Task A_bar_as_a_dma_buf_is_device_memory_that_vgem_is_declined_for_and_cannot_reach_peer_to_peer()
    {
        using LabDevices lab = new();
        VfioDevice shared = await lab.OpenAsync(LabDevices.SharedMemory);
        using DrmDevice vgem = BuffersLab.OpenVgem();
        DrmImporter importer = new(vgem);
        using DmaBuffer bar = KernelBufferExporter.Export(shared.Export(2, new VfioRegionRange(0, LabDevices.Page)));
        NegotiationFailedException declined = Assert.Throws<NegotiationFailedException>(() => bar.Attach(importer, importer.Request()));
        Assert.Contains(declined.Negotiation.Pairs, static pair => pair.Decline is { Property: "memory", Offered: "Mmio" });

        DmaBufException refused = Refused(Errno.EOPNOTSUPP, () => bar.Attach(importer, importer.Request(DescriptorMemory.Any)));
        Assert.Contains("peer to peer", refused.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0), (bar.AttachmentCount, vgem.OpenHandles));
    }

    private static byte[] Read(DmaBuffer buffer, ulong offset)
    {
        using CpuAttachment attachment = buffer.Attach(s_cpu, CpuMappingType.Request(CpuAccess.Read));
        using CpuMapping mapping = attachment.MapCpu();
        using CpuReadLease lease = mapping.Read();
        return lease.Window(offset, Length).ToArray();
    }

    private static void Write(DmaBuffer buffer, ulong offset, byte[] bytes)
    {
        using CpuAttachment attachment = buffer.Attach(s_cpu, CpuMappingType.Request(CpuAccess.ReadWrite));
        using CpuMapping mapping = attachment.MapCpu();
        using CpuWriteLease lease = mapping.Write();
        bytes.CopyTo(lease.Window(offset, bytes.Length));
    }
}
