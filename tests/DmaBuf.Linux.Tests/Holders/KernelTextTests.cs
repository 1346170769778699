using System.Text;

namespace DmaBuf.Linux.Tests;

/// <summary>What real kernels wrote is understood, whatever a buffer is called.</summary>
public sealed class KernelTextTests
{
    [Theory]
    [InlineData("4", 1, 4096, null)]
    [InlineData("5", 2, 8192, "camera frame")]
    [InlineData("6", 3, 12288, "a\nsize:\t5\nname:\tx")]
    [InlineData("7", 4, 16384, "t\tab [x] (deleted)")]
    [InlineData("8", 5, 20480, "\ufffd\ufffd\u0001")]
    [InlineData("9", 6, 24576, "00000001\t2\t3\t4\te\t9\tn")]
    public void Facts_of_a_descriptor_are_the_kernels_and_the_name_is_all_that_follows(string descriptor, int inode, int size, string? name) =>
        Assert.Equal(new DescriptorText((ulong)inode, (ulong)size, 2, "system", name), DescriptorText.Parse(Corpus.Read($"fdinfo-{descriptor}")));

    [Fact]
    public void A_memory_file_has_an_inode_and_nothing_else() =>
        Assert.Equal(new DescriptorText(2, null, null, null, null), DescriptorText.Parse(Corpus.Read("fdinfo-10")));

    [Fact]
    public void Only_mappings_of_buffers_are_found_in_maps()
    {
        List<MappedBuffer> found = [];
        MappedBuffer.Find(Corpus.Read("maps"), memoryFiles: false, found);
        Assert.Equal([6UL, 5, 4, 3, 2, 1], found.Select(static mapped => mapped.Identity.Inode));
        Assert.All(found, static mapped => Assert.Equal((0u, 0x0eu), (mapped.Identity.DeviceMajor, mapped.Identity.DeviceMinor)));
        Assert.Equal(["00000001\t2\t3\t4\te\t9\tn", "\ufffd\ufffd\u0001", "t\tab [x] (deleted)", "a\nsize:\t5\nname:\tx", "camera frame", ""], found.Select(static mapped => mapped.Name));
        Assert.Equal(new BufferMapping(0x7fdc7c8d9000, 0x7fdc7c8da000, 0, true, true), found[^1].Mapping);
    }

    [Fact]
    public void Mappings_of_memory_files_are_found_when_they_are_wanted()
    {
        List<MappedBuffer> found = [];
        MappedBuffer.Find(Corpus.Read("maps"), memoryFiles: true, found);
        MappedBuffer file = Assert.Single(found, static mapped => mapped.Kind == OpenFileKind.MemoryFile);
        Assert.Equal(("mem\nfile", 8192UL), (file.Name, file.Mapping.Bytes));
    }

    [Fact]
    public void Every_row_of_bufinfo_has_its_own_name_and_devices()
    {
        List<BufferInfoText> buffers = BufferInfoText.Parse(Corpus.Read("bufinfo"));
        Assert.Equal([7UL, 6, 5, 4, 3, 2, 1], buffers.Select(static buffer => buffer.Inode));
        Assert.Equal(["vgem"], buffers[0].Devices);
        Assert.Equal(("udmabuf", 8192UL, 4UL, null), (buffers[0].Exporter, buffers[0].Size, buffers[0].References, buffers[0].Name));
        Assert.All(buffers.Skip(1), static buffer => Assert.Empty(buffer.Devices));
        Assert.Equal([null, "00000001\t2\t3\t4\te\t9\tn", "\ufffd\ufffd\u0001", "t\tab [x] (deleted)", "a\nsize:\t5\nname:\tx", "camera frame", null], buffers.Select(static buffer => buffer.Name));
    }

    [Fact]
    public void Fences_and_devices_with_a_mapping_type_are_told_apart_from_the_name()
    {
        BufferInfoText buffer = Assert.Single(BufferInfoText.Parse(
            "00004096\t00000002\t02080007\t00000003\tvgem\t00000009\tframe\n\twrite fence:vgem unbound seq 1 unsignalled\n\tAttached Devices:\n\tDMA Mapped Scatter Gather Table: vgem\nTotal 1 devices attached\n\n\nTotal 1 objects, 4096 bytes\n"u8));
        Assert.Equal(["write fence:vgem unbound seq 1 unsignalled"], buffer.Fences);
        Assert.Equal(["DMA Mapped Scatter Gather Table: vgem"], buffer.Devices);
        Assert.Equal("frame", buffer.Name);
    }

    [Theory]
    [InlineData("138 (rec) R 134 0 0 0 -1 4194560 101 0 0 0 2 4 0 0 20 0 1 0 579 2433024", "rec", 579, false)]
    [InlineData("7 (a) R (b\nc)) S 1 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 31 0", "a) R (b\nc)", 31, true)]
    public void A_process_may_be_called_anything(string text, string command, int startTime, bool isKernels)
    {
        Assert.True(ProcessText.TryParse(Encoding.UTF8.GetBytes(text), out ProcessText process));
        Assert.Equal((command, (ulong)startTime, isKernels), (process.Command, process.StartTime, process.IsKernelThread));
    }

    [Fact]
    public void The_recorded_process_is_read()
    {
        Assert.True(ProcessText.TryParse(Corpus.Read("stat"), out ProcessText process));
        Assert.Equal(("rec", 579UL), (process.Command, process.StartTime));
    }

    [Theory]
    [InlineData("Name:\tx\nUid:\t1000\t1001\t1002\t1003\n", 1001u)]
    [InlineData("Name:\tx\nGid:\t1\t1\t1\t1\n", null)]
    [InlineData("Name:\tx\nUid:\t1000", null)]
    public void The_effective_user_is_the_second_number(string status, uint? user) => Assert.Equal(user, ProcessText.EffectiveUser(Encoding.UTF8.GetBytes(status)));

    [Theory]
    [InlineData("/dmabuf:", OpenFileKind.DmaBuffer, "")]
    [InlineData("/dmabuf:x (deleted)", OpenFileKind.DmaBuffer, "x (deleted)")]
    [InlineData("/memfd:x (deleted)", OpenFileKind.MemoryFile, "x")]
    [InlineData("/memfd:", OpenFileKind.MemoryFile, "")]
    public void A_link_gives_kind_and_name(string link, OpenFileKind kind, string name)
    {
        Assert.Equal(kind, BufferLink.KindOf(Encoding.UTF8.GetBytes(link)));
        Assert.Equal(name, BufferLink.NameOf(Encoding.UTF8.GetBytes(link)));
    }

    [Theory]
    [InlineData("socket:[12]")]
    [InlineData("/tmp/dmabuf:x")]
    [InlineData("/dmabuf")]
    [InlineData("")]
    public void Other_links_are_no_buffers(string link) => Assert.Null(BufferLink.KindOf(Encoding.UTF8.GetBytes(link)));
}
