using DmaBuf.Testing;

namespace DmaBuf.Linux.Tests.Exporters;

/// <summary>Kernel buffers of each maker, exported, attached and mapped.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class KernelBufferExporterTests : LeakCheckedTest
{
    private readonly DmaBufferImporter _importer = new("test");

    [Fact]
    public void Kernel_memory_passes_the_conformance_kit_when_the_CPU_maps_it() => MappingTypeConformance.Verify(static () => new KernelBufferSubject.Cpu());

    [Fact]
    public void Kernel_memory_passes_the_conformance_kit_when_its_descriptor_is_passed_on() => MappingTypeConformance.Verify(static () => new KernelBufferSubject.Descriptor());

    [Fact]
    public void A_heap_is_one_call_away_and_every_access_is_bracketed()
    {
        using DmaHeap heap = DmaHeap.Open("system");
        using DmaBuffer buffer = HeapExporter.Export(heap, 5000);
        Assert.Equal((8192UL, "system"), (buffer.Size, buffer.Exporter.Name));
        using CpuAttachment attachment = buffer.Attach(_importer, CpuMappingType.Request(CpuAccess.ReadWrite));
        using CpuMapping mapping = attachment.MapCpu();
        using (CpuWriteLease lease = mapping.Write())
        {
            lease.Span[8191] = 7;
        }

        using CpuReadLease read = mapping.Read();
        Assert.Equal(7, read.Span[8191]);
    }

    [Fact]
    public void A_descriptor_of_the_buffer_is_the_same_kernel_buffer()
    {
        KernelBuffer kernelBuffer = BuffersLab.Allocate(4096);
        DescriptorIdentity identity = kernelBuffer.Identity;
        using DmaBuffer buffer = KernelBufferExporter.Export(kernelBuffer);
        using DescriptorAttachment attachment = buffer.Attach(_importer, DescriptorMappingType.Request(new() { Kinds = DescriptorKind.DmaBuf }));
        Assert.Equal((DescriptorMemory.Ram, "system", false), (attachment.Facts.Memory, attachment.Facts.ExporterName, attachment.Facts.PinnableByAddress));
        using DescriptorMapping mapping = attachment.MapDescriptor();
        using DescriptorLease lease = mapping.Borrow();
        Assert.Equal(identity, DescriptorIdentity.Of(lease.Handle));
    }

    [Fact]
    public void The_bytes_of_a_memory_file_are_seen_through_the_buffer_made_of_it()
    {
        using MemoryFile file = BuffersLab.Sealed(8192);
        using MemoryMapping written = file.Map(MemoryProtection.ReadWrite);
        using UserMemoryDevice device = UserMemoryDevice.Open();
        using DmaBuffer buffer = UserMemoryExporter.Export(device, [UserMemoryPart.Whole(file)]);
        written.Window(4096, 1)[0] = 42;
        using CpuAttachment attachment = buffer.Attach(_importer, CpuMappingType.Request(CpuAccess.ReadWrite));
        using CpuMapping mapping = attachment.MapCpu();
        using (CpuWriteLease lease = mapping.Write())
        {
            Assert.Equal(42, lease.Span[4096]);
            lease.Span[0] = 43;
        }

        Assert.Equal(43, written.Window(0, 1)[0]);
    }

    [Fact]
    public void Every_maker_of_the_machine_is_known_by_name_and_maps()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        using DrmBuffer dumb = vgem.CreateDumbBuffer(64, 16);
        using VideoDevice vivid = BuffersLab.OpenVivid(BuffersLab.ByCpu);
        using VideoQueue queue = VideoQueue.Create(vivid, VideoBufferType.Capture, VideoMemory.Driver, 2);
        using VideoDevice contiguous = BuffersLab.OpenVivid(BuffersLab.Contiguous);
        using VideoQueue contiguousQueue = VideoQueue.Create(contiguous, VideoBufferType.Capture, VideoMemory.Driver, 2);
        Dictionary<string, bool> pinnable = [];
        foreach (DmaBuffer exported in new[] { DrmExporter.Export(dumb), VideoExporter.Export(queue, 0), VideoExporter.Export(contiguousQueue, 0), KernelBufferExporter.Export(BuffersLab.FromMemoryFile(4096)) })
        {
            using DmaBuffer buffer = exported;
            using CpuAttachment cpu = buffer.Attach(_importer, CpuMappingType.Request());
            using DescriptorAttachment descriptor = buffer.Attach(_importer, DescriptorMappingType.Request());
            using CpuMapping mapping = cpu.MapCpu();
            using CpuReadLease lease = mapping.Read();
            Assert.Equal(buffer.Size, (ulong)lease.Span.Length);
            pinnable.Add(descriptor.Facts.ExporterName, descriptor.Facts.PinnableByAddress);
        }

        Assert.Equal(
            new Dictionary<string, bool> { ["drm"] = false, ["videobuf2_vmalloc"] = true, ["videobuf2_dma_contig"] = false, ["udmabuf"] = false },
            pinnable);
    }

    [Fact]
    public void A_buffer_for_reading_is_offered_for_reading()
    {
        using DmaHeap heap = DmaHeap.Open("system");
        using DmaBuffer buffer = KernelBufferExporter.Export(heap.Allocate(4096, CpuAccess.Read));
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(() => buffer.Attach(_importer, CpuMappingType.Request(CpuAccess.ReadWrite)));
        Assert.Contains(failure.Negotiation.Pairs, static pair => pair.Decline == new MatchDecline("access", "Read", "ReadWrite"));
        buffer.Attach(_importer, CpuMappingType.Request()).Dispose();
    }
}
