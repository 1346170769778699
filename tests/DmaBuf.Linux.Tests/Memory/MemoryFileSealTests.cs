using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests;

public sealed class MemoryFileSealTests : LeakCheckedTest
{
    private const int PunchHoleKeepSize = 3;

    [Fact]
    public void Sealed_memory_can_neither_be_truncated_nor_extended()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 8192);
        file.Seal(MemorySeals.FixedSize);
        Assert.Equal(-1, Libc.ftruncate(file.Descriptor, 4096));
        Assert.Equal(Errno.EPERM, NativeError.Last);
        Assert.Equal(-1, Libc.ftruncate(file.Descriptor, 12288));
        Assert.Equal(Errno.EPERM, NativeError.Last);
        Assert.Equal(8192UL, OpenFileFacts.Of(file.Descriptor).Length);
    }

    [Fact]
    public void Memory_that_is_not_sealed_can_be_truncated_which_is_why_receivers_check()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 8192);
        Assert.Equal(0, Libc.ftruncate(file.Descriptor, 4096));
    }

    [Fact]
    public void A_receiver_of_read_only_memory_cannot_write_through_any_door()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 8192);
        file.Seal(MemorySeals.ReadOnly);
        using SafeFileHandle reopened = File.OpenHandle(
            $"/proc/self/fd/{file.Descriptor.DangerousGetHandle()}", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        foreach (SafeFileHandle door in new[] { file.Descriptor, reopened })
        {
            Refused(Errno.EPERM, () => MemoryMapping.Map(door, 0, 8192, MemoryProtection.ReadWrite));
            Assert.ThrowsAny<SystemException>(() => RandomAccess.Write(door, [1], 0));
            Assert.Equal(-1, Libc.fallocate(door, PunchHoleKeepSize, 0, 4096));
            Assert.Equal(Errno.EPERM, NativeError.Last);
        }
        using MemoryMapping mapping = file.Map(MemoryProtection.Read);
        Assert.False(mapping.ReadOnlyWindow(0, 8192).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void The_maker_goes_on_writing_through_the_mapping_it_had_before_FutureWrite()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 4096);
        using MemoryMapping written = file.Map(MemoryProtection.ReadWrite);
        file.Seal(MemorySeals.ReadOnly);
        using MemoryMapping read = file.Map(MemoryProtection.Read);
        written.Window(10, 1)[0] = 77;
        Assert.Equal(77, read.ReadOnlyWindow(10, 1)[0]);
    }

    [Fact]
    public void The_seal_Write_is_refused_while_a_writable_mapping_exists_and_says_so()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 4096);
        using (MemoryMapping mapping = file.Map(MemoryProtection.ReadWrite))
        {
            mapping.Window(0, 4).Fill(9);
            DmaBufException refusal = Refused(Errno.EBUSY, () => file.Seal(MemorySeals.Frozen));
            Assert.Contains("writable mapping", refusal.Message, StringComparison.Ordinal);
            Assert.False(file.Seals.HasFlag(MemorySeals.Shrink));
        }
        file.Seal(MemorySeals.Frozen);
        using MemoryMapping frozen = file.Map(MemoryProtection.Read);
        Assert.Equal([9, 9, 9, 9, 0], frozen.ReadOnlyWindow(0, 5).ToArray());
        Refused(Errno.EPERM, () => file.Map(MemoryProtection.ReadWrite));
    }

    [Fact]
    public void Seals_add_up_until_they_are_sealed_themselves()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 4096);
        MemorySeals first = file.Seals;
        file.Seal(MemorySeals.Shrink);
        file.Seal(MemorySeals.Grow);
        Assert.Equal(first | MemorySeals.Shrink | MemorySeals.Grow, file.Seals);
        file.Seal(MemorySeals.Seal);
        Assert.Contains("FixedSize", Refused(Errno.EPERM, () => file.Seal(MemorySeals.Write)).Message, StringComparison.Ordinal);
        Assert.Equal(first | MemorySeals.FixedSize, file.Seals);
    }

    [Fact]
    public void A_seal_that_the_kernel_does_not_know_is_refused()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 4096);
        Refused(Errno.EINVAL, () => file.Seal((MemorySeals)0x4000));
    }

    [Fact]
    public void A_disposed_file_is_refused_and_its_mapping_lives_on()
    {
        MemoryFile file = MemoryFile.Create(TestMemory, 4096);
        using MemoryMapping mapping = file.Map(MemoryProtection.ReadWrite);
        file.Dispose();
        file.Dispose();
        mapping.Window(0, 1)[0] = 1;
        Assert.Throws<ObjectDisposedException>(() => file.Seals);
        Assert.Throws<ObjectDisposedException>(() => file.Seal(MemorySeals.Shrink));
        Assert.Throws<ObjectDisposedException>(() => file.Map(MemoryProtection.ReadWrite));
    }
}
