using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests;

public sealed class MemoryFileCreationTests : LeakCheckedTest
{
    [Theory]
    [InlineData(1UL)]
    [InlineData(4096UL)]
    [InlineData(4097UL)]
    [InlineData(130UL << 20)]
    public void New_memory_has_its_length_reads_zero_and_all_its_blocks_exist(ulong length)
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, length);
        using MemoryMapping mapping = file.Map(MemoryProtection.Read);
        Assert.Equal(length, file.Length);
        Assert.Equal(length, mapping.Length);
        Assert.True(file.Facts.BlocksExist);
        Assert.False(mapping.ReadOnlyWindow(0, (int)length).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void New_memory_closes_on_exec_and_is_unexecutable_where_the_kernel_can()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 1);
        string flags = File.ReadLines($"/proc/self/fdinfo/{file.Descriptor.DangerousGetHandle()}").Single(line => line.StartsWith("flags:", StringComparison.Ordinal));
        Assert.NotEqual(0, Convert.ToInt32(flags.Split('\t')[1], 8) & Libc.O_CLOEXEC);
        bool kernelCan = Environment.OSVersion.Version >= new Version(6, 3);
        Assert.Equal(kernelCan ? MemorySeals.Execute : MemorySeals.None, file.Seals);
    }

    [Fact]
    public void Names_have_up_to_249_bytes_of_UTF8()
    {
        string longest = TestMemory + new string('n', MemoryFile.MaximumNameBytes - TestMemory.Length);
        using (MemoryFile file = MemoryFile.Create(longest, 1))
        {
            Assert.Equal(longest, file.Name);
        }

        Refused(Errno.EINVAL, () => MemoryFile.Create(longest + "n", 1));
        Refused(Errno.EINVAL, () => MemoryFile.Create(new string('ü', 125), 1));
        Refused(Errno.EINVAL, () => MemoryFile.Create("two\nlines", 1));
        Refused(Errno.EINVAL, () => MemoryFile.Create("zero\0", 1));
        Assert.Throws<ArgumentNullException>(() => MemoryFile.Create(null!, 1));
    }

    [Fact]
    public void Lengths_that_no_file_can_have_are_refused()
    {
        Refused(Errno.EINVAL, () => MemoryFile.Create(TestMemory, 0));
        Refused(Errno.EOVERFLOW, () => MemoryFile.Create(TestMemory, 1UL << 63));
    }

    [Fact]
    public void More_than_the_machine_has_is_refused_with_the_figure_before_anything_is_taken()
    {
        DmaBufException refusal = Refused(Errno.ENOMEM, () => MemoryFile.Create(TestMemory, 1UL << 50));
        Assert.Contains("bytes are free", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sparse_memory_may_be_longer_than_the_machine_has()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 1UL << 40, new() { ReserveBlocks = false });
        Assert.Equal(0UL, file.Facts.AllocatedBytes);
    }

    [Fact]
    public void The_longest_sparse_file_is_more_than_can_be_mapped_at_once()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, long.MaxValue, new() { ReserveBlocks = false });
        Refused(Errno.EINVAL, () => file.Map(MemoryProtection.Read));
        Refused(Errno.ENOMEM, () => file.Map(MemoryProtection.Read, 0, 1UL << 62));
        using MemoryMapping end = file.Map(MemoryProtection.Read, (1UL << 63) - 8192, 4096);
        Assert.Equal(0, end.ReadOnlyWindow(4095, 1)[0]);
    }

    [Fact]
    public void Preferred_huge_pages_fall_back_to_ordinary_pages_when_too_few_are_free()
    {
        MemoryFileOptions options = new() { HugePages = HugePageUse.Preferred };
        ulong tooMany = (HugePages.Free + 1) * options.HugePageSize;
        using MemoryFile file = MemoryFile.Create(TestMemory, tooMany, options);
        Assert.Equal(OpenFileKind.MemoryFile, file.Facts.Kind);
        Assert.True(file.Facts.BlocksExist);
    }

    [Fact]
    public void Preferred_huge_pages_fall_back_when_the_length_is_no_whole_number_of_them()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 5000, new() { HugePages = HugePageUse.Preferred });
        Assert.Equal(OpenFileKind.MemoryFile, file.Facts.Kind);
    }

    [Fact]
    public void Required_huge_pages_are_refused_with_a_remedy_when_too_few_are_free()
    {
        MemoryFileOptions options = new() { HugePages = HugePageUse.Required };
        ulong tooMany = (HugePages.Free + 1) * options.HugePageSize;
        DmaBufException refusal = Assert.Throws<DmaBufException>(() => MemoryFile.Create(TestMemory, tooMany, options));
        Assert.Contains(refusal.Errno, new[] { Errno.ENOSPC, Errno.ENOMEM, Errno.ENODEV });
        Assert.Contains("huge pages", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Huge_pages_are_used_and_adopted_where_they_are_free()
    {
        Assert.SkipUnless(HugePages.Free > 0, "This machine has no free huge pages (vm.nr_hugepages).");
        MemoryFileOptions options = new() { HugePages = HugePageUse.Required };
        using MemoryFile file = MemoryFile.Create(TestMemory, options.HugePageSize, options);
        Assert.Equal(OpenFileKind.HugePageMemoryFile, file.Facts.Kind);
        Assert.Equal(options.HugePageSize, file.Facts.PageSize);
        Assert.True(file.Facts.BlocksExist);
        using MemoryMapping written = file.Map(MemoryProtection.ReadWrite);
        written.Window(0, 3).Fill(0x5a);

        file.Seal(MemorySeals.FixedSize);
        using SafeFileHandle sent = Libc.fcntl_duplicate(file.Descriptor, Libc.F_DUPFD_CLOEXEC, 0);
        MemoryFileRequirements requirements = new() { MinimumLength = options.HugePageSize };
        Refused(Errno.EPERM, () => MemoryFile.Adopt(sent, requirements));
        using MemoryFile tolerated = MemoryFile.Adopt(sent, requirements with { AllowHoles = true });
        using MemoryMapping read = tolerated.Map(MemoryProtection.Read, 0, 5000);
        Assert.Equal([0x5a, 0x5a, 0x5a, 0], read.ReadOnlyWindow(0, 4).ToArray());
        read.Overlay();
        Assert.Equal(0, read.ReadOnlyWindow(0, 1)[0]);
    }

    [Fact]
    public void Bad_options_are_refused()
    {
        MemoryFileOptions required = new() { HugePages = HugePageUse.Required };
        Refused(Errno.EINVAL, () => MemoryFile.Create(TestMemory, 4096, required with { HugePages = (HugePageUse)7 }));
        Refused(Errno.EINVAL, () => MemoryFile.Create(TestMemory, 4096, required with { HugePageSize = 3 << 20 }));
        Refused(Errno.EINVAL, () => MemoryFile.Create(TestMemory, 4096, required with { HugePageSize = 4096 }));
        Refused(Errno.EINVAL, () => MemoryFile.Create(TestMemory, 4096, required));
        DmaBufException refusal = Assert.Throws<DmaBufException>(() => MemoryFile.Create(TestMemory, 8 << 20, required with { HugePageSize = 8 << 20 }));
        Assert.Contains("of that size", refusal.Message, StringComparison.Ordinal);
    }
}
