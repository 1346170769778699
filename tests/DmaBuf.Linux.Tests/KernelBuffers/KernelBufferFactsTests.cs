using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests;

/// <summary>What the kernel's text about a descriptor says, and what is no dma-buf.</summary>
public sealed class KernelBufferFactsTests : LeakCheckedTest
{
    private const string Text = "pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t1040\nsize:\t8388608\ncount:\t2\nexp_name:\tsystem\nname:\tcamera\n";

    [Fact]
    public void A_text_of_the_kernel_is_read() =>
        Assert.Equal(new KernelBufferFacts(8388608, "system", "camera", 2, CpuAccess.ReadWrite), KernelBufferFacts.Parse(Text));

    [Fact]
    public void A_descriptor_for_reading_is_known_by_its_flags() =>
        Assert.Equal(CpuAccess.Read, KernelBufferFacts.Parse(Text.Replace("02000002", "02000000", StringComparison.Ordinal))!.Access);

    [Fact]
    public void A_buffer_without_a_name_has_none() =>
        Assert.Null(KernelBufferFacts.Parse(Text.Replace("name:\tcamera\n", "", StringComparison.Ordinal))!.Name);

    [Fact]
    public void A_name_that_looks_like_facts_changes_none()
    {
        KernelBufferFacts facts = KernelBufferFacts.Parse(Text.Replace("camera", "x\nsize:\t1\nexp_name:\tvgem", StringComparison.Ordinal))!;
        Assert.Equal((8388608UL, "system", "x\nsize:\t1\nexp_name:\tvgem"), (facts.Length, facts.ExporterName, facts.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("pos:\t0\nflags:\t02\n")]
    [InlineData("size:\t12\n")]
    [InlineData("size:\t-1\nexp_name:\tsystem\n")]
    [InlineData("size:\t12\nexp_name:\t\n")]
    public void A_text_without_size_and_exporter_is_no_buffer(string text) => Assert.Null(KernelBufferFacts.Parse(text));

    [Fact]
    public void What_is_no_dma_buf_is_refused_by_name_and_stays_the_callers()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 4096);
        DmaBufException refusal = Refused(Errno.EINVAL, () => KernelBuffer.Adopt(file.Descriptor));
        Assert.Contains("MemoryFile \"/memfd:dmabuf-test", refusal.Message, StringComparison.Ordinal);
        Assert.False(file.Descriptor.IsClosed);
        Refused(Errno.EINVAL, () => SyncFile.Adopt(file.Descriptor));
    }

    [Fact]
    public void Closed_and_missing_descriptors_are_refused()
    {
        using SafeFileHandle none = new(-1, ownsHandle: false);
        SafeFileHandle closed = File.OpenHandle("/dev/null");
        closed.Dispose();
        Refused(Errno.EBADF, () => KernelBuffer.Adopt(none));
        Assert.Throws<ObjectDisposedException>(() => KernelBuffer.Adopt(closed));
        Assert.Throws<ArgumentNullException>(() => KernelBuffer.Adopt(null!));
    }

    [Theory]
    [InlineData("vfio_pci_core", DescriptorMemory.Mmio, false, 0UL)]
    [InlineData("videobuf2_vmalloc", DescriptorMemory.Ram, true, 4096UL)]
    [InlineData("videobuf2_dma_contig", DescriptorMemory.Ram, false, 65536UL)]
    [InlineData("system", DescriptorMemory.Ram, false, 0UL)]
    [InlineData("udmabuf", DescriptorMemory.Ram, false, 0UL)]
    [InlineData("of somebody unknown", DescriptorMemory.Ram, false, 0UL)]
    public void What_is_known_of_exporters_is_told(string exporter, DescriptorMemory memory, bool isPinnable, ulong run)
    {
        KernelBufferTraits traits = KernelBufferTraits.Of(exporter, 65536);
        Assert.Equal((memory, isPinnable, run == 4096 ? (ulong)Environment.SystemPageSize : run), (traits.Memory, traits.PinnableByAddress, traits.ContiguousRun));
    }
}
