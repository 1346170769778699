using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests;

public sealed class MemoryFileAdoptionTests : LeakCheckedTest
{
    private static readonly MemoryFileRequirements Any = new() { MinimumLength = 1 };

    public static TheoryData<MemorySeals, bool, bool, Errno> Matrix => new()
    {
        // seals the sender set, read-only promised, truncatable allowed, what comes of it
        { MemorySeals.None, false, false, Errno.EPERM },
        { MemorySeals.None, false, true, Errno.None },
        { MemorySeals.Grow, false, false, Errno.EPERM },
        { MemorySeals.Grow | MemorySeals.Seal, false, false, Errno.EPERM },
        { MemorySeals.Shrink, false, false, Errno.None },
        { MemorySeals.FixedSize, false, false, Errno.None },
        { MemorySeals.FixedSize, true, false, Errno.EPERM },
        { MemorySeals.FixedSize, true, true, Errno.EPERM },
        { MemorySeals.Shrink | MemorySeals.FutureWrite, true, false, Errno.EPERM },
        { MemorySeals.FutureWrite | MemorySeals.Seal, true, false, Errno.EPERM },
        { MemorySeals.FutureWrite | MemorySeals.Seal, true, true, Errno.None },
        { MemorySeals.ReadOnly, true, false, Errno.None },
        { MemorySeals.ReadOnly, false, false, Errno.None },
        { MemorySeals.Frozen, true, false, Errno.None },
        { MemorySeals.Shrink | MemorySeals.Write | MemorySeals.Seal, true, false, Errno.None },
    };

    [Fact]
    public void Blocks_beyond_the_end_hide_no_hole_from_the_receiver()
    {
        using MemoryFile sender = MemoryFile.Create(TestMemory, 8192, new MemoryFileOptions { ReserveBlocks = false });
        Assert.Equal(0, Libc.fallocate(sender.Descriptor, Libc.FALLOC_FL_KEEP_SIZE, 8192, 8192));
        sender.Seal(MemorySeals.FixedSize);
        Assert.Equal((8192UL, true), (OpenFileFacts.Of(sender.Descriptor).AllocatedBytes, OpenFileFacts.Of(sender.Descriptor).BlocksExist));
        using SafeFileHandle sent = Duplicate(sender);
        using MemoryFile adopted = MemoryFile.Adopt(sent, new MemoryFileRequirements { MinimumLength = 8192 });
        Assert.Equal(16384UL, OpenFileFacts.Of(sender.Descriptor).AllocatedBytes);
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Seals_decide_what_is_adopted(MemorySeals seals, bool readOnly, bool allowTruncatable, Errno outcome)
    {
        using MemoryFile sender = MemoryFile.Create(TestMemory, 4096);
        sender.Seal(seals);
        using SafeFileHandle sent = Duplicate(sender);
        MemoryFileRequirements requirements = new() { MinimumLength = 4096, ReadOnly = readOnly, AllowTruncatable = allowTruncatable };
        if (outcome == Errno.None)
        {
            using MemoryFile adopted = MemoryFile.Adopt(sent, requirements);
            using MemoryMapping mapping = adopted.Map(MemoryProtection.Read);
            Assert.Equal(TestMemory, adopted.Name);
            Assert.Equal(sender.Facts.Identity, adopted.Facts.Identity);
            Assert.Equal(4096, mapping.ReadOnlyWindow(0, 4096).Length);
            Assert.Same(sent, adopted.Descriptor);
        }
        else
        {
            DmaBufException refusal = Refused(outcome, () => MemoryFile.Adopt(sent, requirements));
            Assert.Contains(sender.Seals.ToString(), refusal.Message, StringComparison.Ordinal);
            Assert.False(sent.IsClosed);
        }
    }

    [Fact]
    public void Memory_that_is_too_short_is_refused()
    {
        using MemoryFile sender = MemoryFile.Create(TestMemory, 4096);
        sender.Seal(MemorySeals.FixedSize);
        DmaBufException refusal = Refused(Errno.EINVAL, () => MemoryFile.Adopt(sender.Descriptor, new() { MinimumLength = 4097 }));
        Assert.Contains("4097", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("4096", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_memory_is_refused_even_if_nothing_is_required_of_it()
    {
        using SafeFileHandle empty = Libc.memfd_create(TestMemory, Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING);
        Assert.Equal(0, Libc.fcntl(empty, Libc.F_ADD_SEALS, (int)MemorySeals.FixedSize));
        Refused(Errno.EINVAL, () => MemoryFile.Adopt(empty, new() { MinimumLength = 0 }));
    }

    [Fact]
    public void Memory_with_holes_is_refused_unless_allowed_by_name()
    {
        using MemoryFile sender = MemoryFile.Create(TestMemory, 8192, new() { ReserveBlocks = false });
        sender.Seal(MemorySeals.ReadOnly);
        using SafeFileHandle sent = Duplicate(sender);
        Assert.Contains("AllowHoles", Refused(Errno.EINVAL, () => MemoryFile.Adopt(sent, Any)).Message, StringComparison.Ordinal);
        using MemoryFile adopted = MemoryFile.Adopt(sent, Any with { AllowHoles = true });
        using MemoryMapping mapping = adopted.Map(MemoryProtection.Read);
        Assert.Equal(0, mapping.ReadOnlyWindow(8191, 1)[0]);
    }

    [Fact]
    public void Memory_that_was_made_without_sealing_is_refused()
    {
        using SafeFileHandle plain = Libc.memfd_create(TestMemory, Libc.MFD_CLOEXEC);
        Assert.Equal(0, Libc.fallocate(plain, 0, 0, 4096));
        Refused(Errno.EPERM, () => MemoryFile.Adopt(plain, Any));
    }

    [Fact]
    public void Shared_memory_with_a_name_is_truncatable_and_refused()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "This machine has no /dev/shm.");
        string path = Path.Combine("/dev/shm", "dmabuf-test-" + Environment.ProcessId);
        try
        {
            File.WriteAllBytes(path, new byte[4096]);
            using SafeFileHandle shared = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            Assert.Equal(OpenFileKind.SharedMemoryFile, OpenFileFacts.Of(shared).Kind);
            Refused(Errno.EPERM, () => MemoryFile.Adopt(shared, Any));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Files_of_a_disk_devices_and_sockets_are_no_memory()
    {
        using SafeFileHandle disk = File.OpenHandle(typeof(MemoryFileAdoptionTests).Assembly.Location);
        using SafeFileHandle device = File.OpenHandle("/dev/zero");
        using SafeFileHandle socket = SocketCalls.Create();
        foreach (SafeFileHandle other in new[] { disk, device, socket })
        {
            Assert.Contains("no memory file", Refused(Errno.EINVAL, () => MemoryFile.Adopt(other, Any with { AllowTruncatable = true })).Message, StringComparison.Ordinal);
            Assert.False(other.IsClosed);
        }
    }

    [Fact]
    public void Memory_in_blocks_that_a_peer_punched_out_reads_zero_and_does_not_fault()
    {
        using MemoryFile sender = MemoryFile.Create(TestMemory, 8192);
        using MemoryMapping written = sender.Map(MemoryProtection.ReadWrite);
        written.Window(0, 8192).Fill(1);
        sender.Seal(MemorySeals.FixedSize);
        using MemoryFile adopted = MemoryFile.Adopt(Duplicate(sender), Any);
        using MemoryMapping mapping = adopted.Map(MemoryProtection.Read);
        Assert.Equal(1, mapping.ReadOnlyWindow(0, 1)[0]);
        Assert.Equal(0, Libc.fallocate(sender.Descriptor, 3, 0, 4096));
        Assert.Equal(0, mapping.ReadOnlyWindow(0, 1)[0]);
        Assert.Equal(1, mapping.ReadOnlyWindow(4096, 1)[0]);
    }

    [Fact]
    public void Nothing_and_no_descriptor_are_refused()
    {
        using SafeFileHandle none = new(-1, ownsHandle: false);
        using MemoryFile file = MemoryFile.Create(TestMemory, 1);
        Refused(Errno.EBADF, () => MemoryFile.Adopt(none, Any));
        Assert.Throws<ArgumentNullException>(() => MemoryFile.Adopt(null!, Any));
        Assert.Throws<ArgumentNullException>(() => MemoryFile.Adopt(file.Descriptor, null!));
    }

    private static SafeFileHandle Duplicate(MemoryFile file) => Libc.fcntl_duplicate(file.Descriptor, Libc.F_DUPFD_CLOEXEC, 0);
}
