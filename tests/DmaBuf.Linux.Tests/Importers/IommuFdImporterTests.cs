using DmaBuf.Linux.Tests.Vfio;

namespace DmaBuf.Linux.Tests.Importers;

/// <summary>What iommufd takes by descriptor, and what it declines before the kernel does.</summary>
[LabMachine(LabMachines.IommuFd)]
public sealed class IommuFdImporterTests : LeakCheckedTest
{
    [Theory]
    [InlineData("system")]
    [InlineData("udmabuf")]
    public void A_dma_buf_of_another_exporter_than_vfio_is_declined_with_that_property_and_the_kernel_says_EOPNOTSUPP_if_tried_all_the_same(string exporter)
    {
        using IommuFdContext context = IommuFdContext.Open();
        using IommuFdAddressSpace space = context.CreateAddressSpace();
        IommuFdImporter importer = new(space);
        using DmaBuffer buffer = KernelBuffersForDma.Make(exporter);
        NegotiationFailedException declined = Assert.Throws<NegotiationFailedException>(() => importer.Attach(buffer));
        Assert.Contains(declined.Negotiation.Pairs, static pair => pair.Decline?.Property == "kernel exporter");
        Assert.Contains(declined.Negotiation.Pairs, static pair => pair.Decline?.Property == "descriptor kind");

        MappingRequest<DescriptorAttachment> bare = BareImport.Request((descriptor, size) => space.MapFile(descriptor, 0, size, null, DmaDirection.Bidirectional));
        DmaBufException refused = Refused(Errno.EOPNOTSUPP, () => buffer.Attach(importer, bare));
        Assert.Contains("no other DMA-buf", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, buffer.AttachmentCount);
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
