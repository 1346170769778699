using DmaBuf.Linux.Tests.Vfio;

namespace DmaBuf.Linux.Tests.Importers;

/// <summary>What iommufd takes by descriptor, and what it declines before the kernel does.</summary>
[LabMachine(LabMachines.IommuFd)]
public sealed class IommuFdImporterTests : LeakCheckedTest
{
    [Theory]
    [InlineData("system")]
    [InlineData("udmabuf")]
    public void A_dma_buf_of_another_exporter_than_vfio_is_declined_with_that_property(string exporter)
    {
        using IommuFdContext context = IommuFdContext.Open();
        using IommuFdAddressSpace space = context.CreateAddressSpace();
        DescriptorFacts facts = new() { Kind = DescriptorKind.DmaBuf, Memory = DescriptorMemory.Ram, ExporterName = exporter };
        using DmaBuffer buffer = DescribedBuffer.Export(facts, LabDevices.Page);
        NegotiationFailedException declined = Assert.Throws<NegotiationFailedException>(() => new IommuFdImporter(space).Attach(buffer));
        Assert.Contains("kernel exporter", declined.Message, StringComparison.Ordinal);
        Assert.Contains("descriptor kind", declined.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_memory_file_is_mapped_where_the_kernel_likes_and_unmapped_by_detach()
    {
        using IommuFdContext context = IommuFdContext.Open();
        using IommuFdAddressSpace space = context.CreateAddressSpace();
        IommuFdImporter importer = new(space);
        MemoryFile file = MemoryFile.Create(TestMemory, LabDevices.Page);
        file.Seal(MemorySeals.FixedSize);
        using DmaBuffer buffer = MemoryFileExporter.Export(file);
        DescriptorAttachment attachment = importer.Attach(buffer);
        DmaRange range = ImportedDmaRange.Of(attachment);
        Assert.Equal((LabDevices.Page, Revocability.Enforced), (range.Length, attachment.Revocability));
        attachment.Detach();
        Assert.Equal(Errno.ENOENT, space.Unmap(range));
    }
}
