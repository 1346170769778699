namespace DmaBuf.Linux.Tests;

/// <summary>A DRM device takes buffers in inside attach, or the exporter's facts have told before why not.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class DrmImporterTests : LeakCheckedTest
{
    [Fact]
    public void A_buffer_is_inside_the_device_from_attach_to_detach()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        DrmImporter importer = new(vgem);
        KernelBuffer kernelBuffer = BuffersLab.Allocate(8192);
        DescriptorIdentity identity = kernelBuffer.Identity;
        using DmaBuffer buffer = KernelBufferExporter.Export(kernelBuffer);
        using (DescriptorAttachment attachment = buffer.Attach(importer, importer.Request()))
        {
            DrmBuffer inside = importer.BufferOf(attachment);
            Assert.Equal(8192UL, inside.Length);
            using KernelBuffer again = inside.Export();
            Assert.Equal(identity, again.Identity);
            Assert.Equal(1, vgem.OpenHandles);
        }

        Assert.Equal(0, vgem.OpenHandles);
    }

    [Fact]
    public void A_memory_file_is_declined_by_its_kind()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        DrmImporter importer = new(vgem);
        using DmaBuffer buffer = MemoryFileExporter.Export(BuffersLab.Sealed(4096));
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(() => buffer.Attach(importer, importer.Request()));
        Assert.Contains(failure.Negotiation.Pairs, static pair => pair.Decline?.Property == "descriptor kind");
    }

    [Fact]
    public void Device_memory_is_declined_before_the_driver_says_EOPNOTSUPP()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        DrmImporter importer = new(vgem);
        using DmaBuffer buffer = KernelBufferExporter.Export(BuffersLab.Allocate(4096), traits: new() { Memory = DescriptorMemory.Mmio });
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(() => buffer.Attach(importer, importer.Request()));
        Assert.Equal("memory", Assert.Single(failure.Negotiation.Pairs, static pair => pair.Decline?.Property == "memory").Decline!.Property);
    }

    [Fact]
    public void An_attachment_of_somebody_else_is_not_found_in_the_device()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        DrmImporter importer = new(vgem);
        using DmaBuffer buffer = KernelBufferExporter.Export(BuffersLab.Allocate(4096));
        using DescriptorAttachment attachment = buffer.Attach(importer, DescriptorMappingType.Request());
        Refused(Errno.EINVAL, () => importer.BufferOf(attachment));
    }
}
