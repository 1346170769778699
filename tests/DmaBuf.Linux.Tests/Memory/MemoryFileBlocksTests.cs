using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests;

/// <summary>Memory whose number of blocks says that all exist, because some lie beyond its end.</summary>
public sealed class MemoryFileBlocksTests : LeakCheckedTest
{
    private static readonly MemoryFileRequirements Any = new() { MinimumLength = 1 };

    [Fact]
    public void Blocks_behind_a_read_only_descriptor_are_reserved_through_one_opened_anew()
    {
        using MemoryFile sender = MakeDeceptive();
        using MemoryFile adopted = MemoryFile.Adopt(OpenForReading(sender.Descriptor), Any);
        Assert.Equal(16384UL, OpenFileFacts.Of(sender.Descriptor).AllocatedBytes);
    }

    [Fact]
    public void Memory_that_may_not_be_written_at_all_is_refused_because_nothing_proves_its_blocks()
    {
        using MemoryFile sender = MakeDeceptive();
        using SafeFileHandle sent = OpenForReading(sender.Descriptor);
        Assert.Equal(0, Libc.fchmod(sender.Descriptor, Convert.ToUInt32("444", 8)));
        DmaBufException refusal = WithoutPrivilege.Run(() => Refused(Errno.EINVAL, () => MemoryFile.Adopt(sent, Any)));
        Assert.Contains("AllowHoles", refusal.Message, StringComparison.Ordinal);
        Assert.Equal((8192UL, false), (OpenFileFacts.Of(sender.Descriptor).AllocatedBytes, sent.IsClosed));
        WithoutPrivilege.Run(() => MemoryFile.Adopt(sent, Any with { AllowHoles = true })).Dispose();
    }

    [Fact]
    public void Memory_of_which_every_byte_was_written_is_accepted_from_who_may_only_read_it()
    {
        using MemoryFile sender = MemoryFile.Create(TestMemory, 8192);
        using (MemoryMapping mapping = sender.Map(MemoryProtection.ReadWrite))
        {
            mapping.Window(0, 8192).Fill(1);
        }

        sender.Seal(MemorySeals.FixedSize);
        SafeFileHandle sent = OpenForReading(sender.Descriptor);
        Assert.Equal(0, Libc.fchmod(sender.Descriptor, Convert.ToUInt32("444", 8)));
        using MemoryFile adopted = WithoutPrivilege.Run(() => MemoryFile.Adopt(sent, Any));
        Assert.Equal(8192UL, adopted.Length);
    }

    [Fact]
    public void Reserving_never_grows_a_file_back_that_a_peer_has_just_truncated()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 8192);
        OpenFileFacts before = OpenFileFacts.Of(file.Descriptor);
        Assert.Equal(0, Libc.ftruncate(file.Descriptor, 4096));
        MemoryFileBlocks.Ensure(file.Descriptor, before);
        Assert.Equal(4096UL, OpenFileFacts.Of(file.Descriptor).Length);
    }

    [Fact]
    public void An_exporter_reserves_what_is_missing_before_it_publishes()
    {
        MemoryFile file = MakeDeceptive();
        using DmaBuffer buffer = MemoryFileExporter.Export(file);
        Assert.Equal(16384UL, OpenFileFacts.Of(file.Descriptor).AllocatedBytes);
    }

    [Fact]
    public void Missing_huge_pages_are_found_though_the_kernel_tells_no_hole()
    {
        const long HugePage = 2 << 20;
        Assert.SkipUnless(HugePages.Free > 1, "This machine has not two free huge pages (vm.nr_hugepages).");
        using SafeFileHandle sender = Libc.memfd_create(TestMemory, Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING | Libc.MFD_HUGETLB);
        Assert.Equal(0, Libc.ftruncate(sender, HugePage));
        Assert.Equal(0, Libc.fallocate(sender, Libc.FALLOC_FL_KEEP_SIZE, HugePage, HugePage));
        Assert.Equal(0, Libc.fcntl(sender, Libc.F_ADD_SEALS, (int)MemorySeals.ReadOnly));
        using MemoryFile adopted = MemoryFile.Adopt(Libc.fcntl_duplicate(sender, Libc.F_DUPFD_CLOEXEC, 0), Any);
        Assert.Equal(2UL * HugePage, OpenFileFacts.Of(sender).AllocatedBytes);
    }

    [Fact]
    public void The_length_of_a_file_that_was_shrunk_and_sealed_is_the_present_one()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 8192);
        Assert.Equal(0, Libc.ftruncate(file.Descriptor, 4096));
        file.Seal(MemorySeals.FixedSize);
        Assert.Equal(4096UL, file.Length);
    }

    /// <summary>Two pages without blocks, two blocks beyond the end.</summary>
    private static MemoryFile MakeDeceptive()
    {
        MemoryFile file = MemoryFile.Create(TestMemory, 8192, new MemoryFileOptions { ReserveBlocks = false });
        Assert.Equal(0, Libc.fallocate(file.Descriptor, Libc.FALLOC_FL_KEEP_SIZE, 8192, 8192));
        file.Seal(MemorySeals.FixedSize);
        return file;
    }

    private static SafeFileHandle OpenForReading(SafeFileHandle descriptor)
    {
        using DescriptorPath path = new(descriptor);
        return Libc.open(path.Text, Libc.O_RDONLY | Libc.O_CLOEXEC);
    }
}
