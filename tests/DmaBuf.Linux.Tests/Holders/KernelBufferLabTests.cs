using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests;

/// <summary>Real dma-bufs of a real kernel, in two processes.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class KernelBufferLabTests : LeakCheckedTest, IClassFixture<CompiledAllocator>
{
    private readonly CompiledAllocator _allocator;

    public KernelBufferLabTests(CompiledAllocator allocator) => _allocator = allocator;

    [Fact]
    public void Both_processes_that_hold_a_buffer_are_joined_by_inode_with_size_exporter_and_name()
    {
        using SafeFileHandle buffer = HeapBuffer.Allocate(3 * 4096, "two\nprocesses");
        using Process child = KernelBufferSnapshotTests.StartWith(buffer);
        KernelBufferSnapshot snapshot = KernelBufferSnapshot.Take();
        KernelBufferRecord record = Find(snapshot, buffer);
        Assert.Equal((3 * 4096UL, "system", "two\nprocesses"), (record.Size, record.Exporter, record.Name));
        Assert.Equal(new[] { Environment.ProcessId, child.Id }.Order(), record.Holders.Select(static holder => holder.ProcessId));
        Assert.Equal(2UL, record.References);
        Assert.Empty(record.AttachedDevices!);
        Assert.Empty(record.Fences!);
        Assert.DoesNotContain(snapshot.UnreadableSources, static source => source.Path.EndsWith("bufinfo", StringComparison.Ordinal));
        Assert.Empty(snapshot.UnreadableProcesses);
        KernelBufferSnapshotTests.End(child);
        Assert.Equal([Environment.ProcessId], Find(KernelBufferSnapshot.Take(), buffer).Holders.Select(static holder => holder.ProcessId));
    }

    [Fact]
    public void A_buffer_that_is_only_mapped_any_more_still_has_its_holder()
    {
        SafeFileHandle buffer = HeapBuffer.Allocate(8192, "mapped");
        ulong inode = OpenFileFacts.Of(buffer).Identity.Inode;
        nint address = Libc.mmap(0, 4096, Libc.PROT_READ, Libc.MAP_SHARED, buffer, 4096);
        buffer.Dispose();
        try
        {
            KernelBufferRecord record = KernelBufferSnapshot.Take().Buffers.Single(each => each.Inode == inode);
            BufferHolder holder = Assert.Single(record.Holders);
            Assert.Empty(holder.Descriptors);
            Assert.Equal(new BufferMapping((ulong)address, (ulong)address + 4096, 4096, IsWritable: false, IsShared: true), Assert.Single(holder.Mappings));
            Assert.Equal((8192UL, "mapped"), (record.Size, record.Name));
        }
        finally
        {
            Assert.Equal(0, Libc.munmap(address, 4096));
        }
    }

    [Fact]
    public void A_device_that_imported_a_buffer_is_attached_and_keeps_it_when_everybody_else_let_go()
    {
        using SafeFileHandle card = OpenVgem();
        SafeFileHandle buffer = HeapBuffer.Allocate(4096, "imported");
        ulong inode = OpenFileFacts.Of(buffer).Identity.Inode;
        DrmUapi.drm_prime_handle import = new() { fd = (int)buffer.DangerousGetHandle() };
        Assert.Equal(Errno.None, DeviceCall.Try(card, DrmUapi.DRM_IOCTL_PRIME_FD_TO_HANDLE, ref import));
        Assert.Single(Find(KernelBufferSnapshot.Take(), buffer).AttachedDevices!);
        buffer.Dispose();
        KernelBufferRecord record = KernelBufferSnapshot.Take().Buffers.Single(each => each.Inode == inode);
        Assert.Empty(record.Holders);
        Assert.Equal(("system", 4096UL, "imported"), (record.Exporter, record.Size, record.Name));
        DrmUapi.drm_gem_close close = new() { handle = import.handle };
        Assert.Equal(Errno.None, DeviceCall.Try(card, DrmUapi.DRM_IOCTL_GEM_CLOSE, ref close));
    }

    [Fact]
    public void An_ordinary_user_sees_only_its_own_and_is_told_what_is_hidden()
    {
        using SafeFileHandle buffer = HeapBuffer.Allocate(4096, "own");
        using Process child = KernelBufferSnapshotTests.StartWith(buffer);
        KernelBufferSnapshot snapshot = WithoutPrivilege.RunAsNobody(static () => KernelBufferSnapshot.Take());
        KernelBufferRecord record = Find(snapshot, buffer);
        Assert.Equal([Environment.ProcessId], record.Holders.Select(static holder => holder.ProcessId));
        Assert.Equal(("system", 4096UL, "own"), (record.Exporter, record.Size, record.Name));
        Assert.Null(record.AttachedDevices);
        Assert.Contains(new UnreadableProcess(child.Id, Errno.EACCES), snapshot.UnreadableProcesses);
        Assert.Contains(new UnreadableSource("/sys/kernel/debug/dma_buf/bufinfo", Errno.EACCES), snapshot.UnreadableSources);
        KernelBufferSnapshotTests.End(child);
    }

    [Fact]
    public void A_child_that_keeps_allocating_grows_and_one_that_does_not_is_not_named()
    {
        using SafeFileHandle still = HeapBuffer.Allocate(4096);
        using Process calm = KernelBufferSnapshotTests.StartWith(still);
        using Process child = _allocator.Start();
        List<KernelBufferSnapshot> snapshots = [KernelBufferSnapshot.Take()];
        for (int round = 0; round < 3; round++)
        {
            CompiledAllocator.Allocate(child, 2);
            snapshots.Add(KernelBufferSnapshot.Take());
        }

        KernelBufferLeaks leaks = KernelBufferLeaks.Find(snapshots);
        GrowingHolder growing = Assert.Single(leaks.Growing);
        Assert.Equal((child.Id, 0, 6, 0UL, 6 * 4096UL), (growing.Process.ProcessId, growing.BuffersBefore, growing.BuffersAfter, growing.BytesBefore, growing.BytesAfter));
        Assert.Empty(leaks.Orphans);
        CompiledAllocator.End(child);
        KernelBufferSnapshotTests.End(calm);
    }

    [Fact]
    public void A_buffer_that_a_device_keeps_after_its_holder_was_killed_is_an_orphan()
    {
        using SafeFileHandle card = OpenVgem();
        SafeFileHandle buffer = HeapBuffer.Allocate(4096, "orphan");
        using Process child = KernelBufferSnapshotTests.StartWith(buffer);
        DrmUapi.drm_prime_handle import = new() { fd = (int)buffer.DangerousGetHandle() };
        Assert.Equal(Errno.None, DeviceCall.Try(card, DrmUapi.DRM_IOCTL_PRIME_FD_TO_HANDLE, ref import));
        ulong inode = OpenFileFacts.Of(buffer).Identity.Inode;
        buffer.Dispose();
        KernelBufferSnapshot before = KernelBufferSnapshot.Take();
        KernelBufferSnapshotTests.End(child);
        OrphanedBuffer orphan = Assert.Single(KernelBufferLeaks.Find([before, KernelBufferSnapshot.Take()]).Orphans);
        Assert.Equal((inode, child.Id), (orphan.Buffer.Inode, Assert.Single(orphan.DeadHolders).ProcessId));
        Assert.Single(orphan.Buffer.AttachedDevices!);
        DrmUapi.drm_gem_close close = new() { handle = import.handle };
        Assert.Equal(Errno.None, DeviceCall.Try(card, DrmUapi.DRM_IOCTL_GEM_CLOSE, ref close));
    }

    /// <summary>The one card that imports anything.</summary>
    private static SafeFileHandle OpenVgem()
    {
        string card = DoctorRoom.Names("/dev/dri", "card").Single(static card => DoctorRoom.LinkName($"/sys/class/drm/{card}/device") == "vgem");
        return DeviceNode.Open($"/dev/dri/{card}", "");
    }

    private static KernelBufferRecord Find(KernelBufferSnapshot snapshot, SafeFileHandle buffer) =>
        snapshot.Buffers.Single(each => each.Inode == OpenFileFacts.Of(buffer).Identity.Inode);
}
