using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests;

public sealed class MemoryMappingTests : LeakCheckedTest
{
    private const ulong Gibibyte = 1UL << 30;

    [Fact]
    public void Windows_reach_every_byte_of_a_mapping_of_more_than_2_GiB()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, (5 * Gibibyte) + 1, new() { ReserveBlocks = false });
        using MemoryMapping mapping = file.Map(MemoryProtection.ReadWrite);
        byte[] read = new byte[1];
        foreach (ulong offset in new ulong[] { 0, (2 * Gibibyte) - 1, 2 * Gibibyte, (4 * Gibibyte) + 4097, 5 * Gibibyte })
        {
            byte mark = (byte)(offset % 251 + 1);
            mapping.Window(offset, 1)[0] = mark;
            Assert.Equal(1, RandomAccess.Read(file.Descriptor, read, (long)offset));
            Assert.Equal(mark, read[0]);
        }
        Assert.Equal(int.MaxValue, mapping.Window(3 * Gibibyte, int.MaxValue).Length);
    }

    [Fact]
    public void Windows_stay_within_the_mapping()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 5000);
        using MemoryMapping mapping = file.Map(MemoryProtection.ReadWrite);
        Assert.Equal(5000, mapping.Window(0, 5000).Length);
        Assert.Equal(0, mapping.Window(5000, 0).Length);
        Refused(Errno.EINVAL, () => mapping.Window(0, 5001));
        Refused(Errno.EINVAL, () => mapping.Window(4999, 2));
        Refused(Errno.EINVAL, () => mapping.Window(5001, 0));
        Refused(Errno.EINVAL, () => mapping.Window(ulong.MaxValue, 2));
        Refused(Errno.EINVAL, () => mapping.ReadOnlyWindow(0, -1));
    }

    [Fact]
    public void A_part_of_a_file_is_mapped_from_a_page_on()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 12288);
        RandomAccess.Write(file.Descriptor, [42], 4096 + 7);
        using MemoryMapping mapping = file.Map(MemoryProtection.Read, 4096, 8192);
        Assert.Equal(42, mapping.ReadOnlyWindow(7, 1)[0]);
    }

    [Fact]
    public void Ranges_that_are_empty_unaligned_outside_or_overflow_are_refused()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 8192);
        Refused(Errno.EINVAL, () => file.Map(MemoryProtection.Read, 0, 0));
        Refused(Errno.EINVAL, () => file.Map(MemoryProtection.Read, 100, 100));
        Refused(Errno.EINVAL, () => file.Map(MemoryProtection.Read, 0, 8193));
        Refused(Errno.EINVAL, () => file.Map(MemoryProtection.Read, 8192, 1));
        Refused(Errno.EINVAL, () => file.Map(MemoryProtection.Read, ulong.MaxValue - 4095, 4096));
        Refused(Errno.EINVAL, () => file.Map(MemoryProtection.Read, 4096, ulong.MaxValue));
        Refused(Errno.EINVAL, () => file.Map((MemoryProtection)9));
        Assert.Throws<ArgumentNullException>(() => MemoryMapping.Map(null!, 0, 1, MemoryProtection.Read));
    }

    [Fact]
    public void A_read_only_mapping_gives_no_writable_window()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 4096);
        using MemoryMapping mapping = file.Map(MemoryProtection.Read);
        Refused(Errno.EACCES, () => mapping.Window(0, 1));
    }

    [Fact]
    public void Objects_that_cannot_be_mapped_or_not_for_writing_are_refused_as_the_kernel_says()
    {
        using SafeFileHandle readOnly = File.OpenHandle(typeof(MemoryMappingTests).Assembly.Location);
        using SafeFileHandle socket = SocketCalls.Create();
        Refused(Errno.EACCES, () => MemoryMapping.Map(readOnly, 0, 1, MemoryProtection.ReadWrite));
        Refused(Errno.ENODEV, () => MemoryMapping.Map(socket, 0, 4096, MemoryProtection.Read));
        using MemoryMapping mapping = MemoryMapping.Map(readOnly, 0, 2, MemoryProtection.Read);
        Assert.Equal("MZ"u8, mapping.ReadOnlyWindow(0, 2));
    }

    [Fact]
    public void A_disposed_mapping_is_refused_and_may_be_disposed_again()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 4096);
        MemoryMapping mapping = file.Map(MemoryProtection.ReadWrite);
        mapping.Dispose();
        mapping.Dispose();
        Assert.Throws<ObjectDisposedException>(() => mapping.Window(0, 1));
        Assert.Throws<ObjectDisposedException>(() => mapping.ReadOnlyWindow(0, 1));
        Assert.Throws<ObjectDisposedException>(mapping.Overlay);
        Assert.Throws<ObjectDisposedException>(() => mapping.Address);
    }

    [Fact]
    public void Racing_disposals_unmap_once()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 4096);
        for (int round = 0; round < 100; round++)
        {
            MemoryMapping mapping = file.Map(MemoryProtection.ReadWrite);
            Parallel.For(0, 4, _ => mapping.Dispose());
        }
    }
}
