using DmaBuf.Linux.Tests.Vfio;

namespace DmaBuf.Linux.Tests.Importers;

/// <summary>What type 1 takes, what it declines before the kernel does, and that nothing stays behind.</summary>
[LabMachine(LabMachines.Devices)]
public sealed class VfioTypeOneImporterTests : LeakCheckedTest
{
    [Theory]
    [InlineData("system")]
    [InlineData("udmabuf")]
    public async Task A_dma_buf_whose_pages_cannot_be_pinned_is_declined_with_that_property(string exporter)
    {
        using LabDevices lab = new();
        await lab.OpenAsync(LabDevices.Edu);
        DescriptorFacts facts = new() { Kind = DescriptorKind.DmaBuf, Memory = DescriptorMemory.Ram, ExporterName = exporter };
        using DmaBuffer buffer = DescribedBuffer.Export(facts, LabDevices.Page);
        NegotiationFailedException declined = Assert.Throws<NegotiationFailedException>(() => lab.Importer().Attach(buffer));
        Assert.Contains("pinnable by address", declined.Message, StringComparison.Ordinal);
        Assert.Contains("vfio-type1", declined.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_size_that_is_no_multiple_of_the_page_is_declined_before_the_kernel_says_EINVAL()
    {
        using LabDevices lab = new();
        await lab.OpenAsync(LabDevices.Edu);
        using DmaBuffer buffer = Memory(5000);
        Assert.Contains("size granularity", Assert.Throws<NegotiationFailedException>(() => lab.Importer().Attach(buffer)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_address_is_the_one_that_was_asked_for_and_free_again_after_detach()
    {
        using LabDevices lab = new();
        await lab.OpenAsync(LabDevices.Edu);
        VfioTypeOneImporter importer = lab.Importer();
        DmaAddress at = new(0x0500_0000);
        using DmaBuffer buffer = Memory(2 * LabDevices.Page);
        DescriptorAttachment attachment = importer.Attach(buffer, at: at);
        Assert.Equal(new DmaRange(at, 2 * LabDevices.Page), ImportedDmaRange.Of(attachment));
        Assert.Equal((Revocability.Enforced, MappingCost.IommuMap), (attachment.Revocability, attachment.Import!.Cost));
        Refused(Errno.EEXIST, () => importer.Attach(buffer, at: at));
        Assert.Equal(1, buffer.AttachmentCount);
        attachment.Detach();
        using DescriptorAttachment again = importer.Attach(buffer, at: at);
        Assert.Equal(at, ImportedDmaRange.Of(again).Start);
    }

    [Fact]
    public async Task An_errno_that_nobody_predicted_fails_the_attach_and_leaves_nothing()
    {
        using LabDevices lab = new();
        await lab.OpenAsync(LabDevices.Edu);
        VfioTypeOneImporter importer = lab.Importer();
        using MemoryFile file = MemoryFile.Create(TestMemory, LabDevices.Page);
        using MemoryMapping memory = file.Map(MemoryProtection.ReadWrite);
        DmaAddress at = new(0x0500_0000);

        // Mapped past the importer's allocator, so that only the kernel knows.
        using (lab.Container.Map(memory, 0, LabDevices.Page, at, DmaDirection.Bidirectional))
        {
            using DmaBuffer buffer = Memory(LabDevices.Page);
            DmaBufException refused = Refused(Errno.EEXIST, () => importer.Attach(buffer, at: at));
            Assert.Contains("Mapping memory at [0x5000000, +0x1000)", refused.Message, StringComparison.Ordinal);
            Assert.Equal(0, buffer.AttachmentCount);
        }

        using DmaBuffer after = Memory(LabDevices.Page);
        using DescriptorAttachment attachment = importer.Attach(after, at: at);
        Assert.Equal(at, ImportedDmaRange.Of(attachment).Start);
    }

    private static DmaBuffer Memory(ulong length)
    {
        MemoryFile file = MemoryFile.Create(TestMemory, length);
        file.Seal(MemorySeals.FixedSize);
        return MemoryFileExporter.Export(file);
    }
}
