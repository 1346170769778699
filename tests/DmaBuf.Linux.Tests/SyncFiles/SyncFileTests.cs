namespace DmaBuf.Linux.Tests;

/// <summary>Fences of a real kernel: those of vgem are pending until the test signals them.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class SyncFileTests : LeakCheckedTest
{
    [Fact]
    public async Task An_idle_buffer_has_one_fence_that_is_signaled_and_nothing_waits()
    {
        using KernelBuffer buffer = BuffersLab.Allocate(4096);
        using SyncFile fences = SyncFile.ExportFrom(buffer, CpuAccess.ReadWrite);
        SyncFileInfo info = fences.ReadInfo();
        Assert.Equal((SyncStatus.Signaled, Errno.None), (info.Status, info.Error));
        Assert.Equal(SyncStatus.Signaled, Assert.Single(info.Fences).Status);
        await fences.WaitAsync(Token);
        await buffer.WaitReadableAsync(Token);
        await buffer.WaitWritableAsync(Token);
    }

    [Fact]
    public async Task A_writing_fence_makes_readers_and_writers_of_the_buffer_wait_until_it_is_signaled()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem(DrmNodeKind.Render);
        using KernelBuffer buffer = BuffersLab.Allocate(4096);
        using DrmBuffer imported = vgem.Import(buffer);
        using VgemFence fence = VgemFence.Attach(imported, CpuAccess.ReadWrite);
        Task readable = buffer.WaitReadableAsync(Token);
        Task writable = buffer.WaitWritableAsync(Token);
        Assert.Equal((false, false), (IsReady(buffer, forWriting: false), IsReady(buffer, forWriting: true)));
        Assert.Equal((false, false), (readable.IsCompleted, writable.IsCompleted));
        fence.Signal();
        await readable;
        await writable;
        Assert.Equal((true, true), (IsReady(buffer, forWriting: false), IsReady(buffer, forWriting: true)));
    }

    [Fact]
    public async Task A_reading_fence_makes_writers_wait_and_no_readers()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        using KernelBuffer buffer = BuffersLab.FromMemoryFile(4096);
        using DrmBuffer imported = vgem.Import(buffer);
        using VgemFence fence = VgemFence.Attach(imported, CpuAccess.Read);
        await buffer.WaitReadableAsync(Token);
        Task writable = buffer.WaitWritableAsync(Token);
        Assert.False(writable.IsCompleted);
        Refused(Errno.EBUSY, () => VgemFence.Attach(imported, CpuAccess.ReadWrite));
        fence.Signal();
        await writable;
    }

    [Fact]
    public async Task Fences_taken_from_one_buffer_are_waited_for_by_another_and_by_the_framework()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        using DrmBuffer dumb = vgem.CreateDumbBuffer(64, 16);
        using KernelBuffer source = dumb.Export();
        using KernelBuffer target = BuffersLab.Allocate(4096);
        using VgemFence work = VgemFence.Attach(dumb, CpuAccess.ReadWrite);
        using SyncFile fences = SyncFile.ExportFrom(source, CpuAccess.Read);
        SyncFenceInfo pending = Assert.Single(fences.ReadInfo().Fences);
        Assert.Equal((SyncStatus.Active, "vgem", TimeSpan.Zero), (pending.Status, pending.DriverName, pending.Timestamp));

        fences.ImportInto(target, CpuAccess.ReadWrite);
        Task readable = target.WaitReadableAsync(Token);
        Task ended = fences.WaitAsync(Token);
        Fence followed = fences.Follow("vgem");
        Assert.Equal((false, false, false), (readable.IsCompleted, ended.IsCompleted, followed.IsSignaled));
        work.Signal();
        await readable;
        await ended;
        await followed.WaitAsync(Token);
        Assert.Equal(Errno.None, followed.Error);
        SyncFenceInfo over = Assert.Single(fences.ReadInfo().Fences);
        Assert.Equal(SyncStatus.Signaled, over.Status);
        Assert.True(over.Timestamp > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_merged_sync_file_ends_with_the_last_of_its_fences()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        using DrmBuffer one = vgem.CreateDumbBuffer(64, 16);
        using DrmBuffer other = vgem.CreateDumbBuffer(64, 16);
        using VgemFence first = VgemFence.Attach(one, CpuAccess.ReadWrite);
        using VgemFence second = VgemFence.Attach(other, CpuAccess.ReadWrite);
        using SyncFile merged = Merge(one, other);
        Assert.Equal(("both", 2), (merged.ReadInfo().Name, merged.ReadInfo().Fences.Count));
        Task ended = merged.WaitAsync(Token);
        first.Signal();
        Assert.Equal(SyncStatus.Active, merged.ReadInfo().Status);
        Assert.False(ended.IsCompleted);
        second.Signal();
        await ended;
        Assert.Equal(SyncStatus.Signaled, merged.ReadInfo().Status);
    }

    [Fact]
    public async Task Beginning_a_CPU_access_waits_for_the_fences_of_the_kernel()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        using DrmBuffer dumb = vgem.CreateDumbBuffer(64, 16);
        using DmaBuffer buffer = DrmExporter.Export(dumb);
        using CpuAttachment attachment = buffer.Attach(new DmaBufferImporter("test"), CpuMappingType.Request());
        using CpuMapping mapping = attachment.MapCpu();
        VgemFence work = VgemFence.Attach(dumb, CpuAccess.ReadWrite);
        int signaled = 0;
        TaskCompletionSource about = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int> reading = Task.Run(() =>
        {
            about.SetResult();
            using CpuReadLease lease = mapping.Read();
            return Volatile.Read(ref signaled);
        });
        await about.Task;
        Assert.False(reading.IsCompleted);
        Volatile.Write(ref signaled, 1);
        work.Signal();
        Assert.Equal(1, await reading);
    }

    [Fact]
    public async Task Following_can_be_given_up_and_then_fails_the_fence()
    {
        using DrmDevice vgem = BuffersLab.OpenVgem();
        using DrmBuffer dumb = vgem.CreateDumbBuffer(64, 16);
        using KernelBuffer buffer = dumb.Export();
        using VgemFence work = VgemFence.Attach(dumb, CpuAccess.ReadWrite);
        using SyncFile fences = SyncFile.ExportFrom(buffer, CpuAccess.Read);
        using CancellationTokenSource stop = new();
        Fence followed = fences.Follow("vgem", stop.Token);
        await stop.CancelAsync();
        await followed.WaitAsync(Token);
        Assert.Equal(Errno.ECANCELED, followed.Error);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fences.WaitAsync(stop.Token));
    }

    [Fact]
    public void A_received_sync_file_is_adopted_and_a_buffer_is_none()
    {
        using KernelBuffer buffer = BuffersLab.Allocate(4096);
        Refused(Errno.EINVAL, () => SyncFile.Adopt(buffer.Descriptor));
        using SyncFile fences = SyncFile.ExportFrom(buffer, CpuAccess.Read);
        Refused(Errno.EINVAL, () => KernelBuffer.Adopt(fences.Descriptor));
        using SyncFile received = SyncFile.Adopt(Libc.fcntl_duplicate(fences.Descriptor, Libc.F_DUPFD_CLOEXEC, 0));
        Assert.Equal(SyncStatus.Signaled, received.ReadInfo().Status);
        Refused(Errno.EINVAL, () => SyncFile.Merge(new string('n', 32), fences, received));
    }

    private static SyncFile Merge(DrmBuffer one, DrmBuffer other)
    {
        using KernelBuffer oneBuffer = one.Export();
        using KernelBuffer otherBuffer = other.Export();
        using SyncFile oneFence = SyncFile.ExportFrom(oneBuffer, CpuAccess.Read);
        using SyncFile otherFence = SyncFile.ExportFrom(otherBuffer, CpuAccess.Read);
        return SyncFile.Merge("both", oneFence, otherFence);
    }

    /// <summary>The kernel's answer at this moment, without the reactor: is the fence that such an access waits for signaled?</summary>
    private static bool IsReady(KernelBuffer buffer, bool forWriting)
    {
        using SyncFile fences = SyncFile.ExportFrom(buffer, forWriting ? CpuAccess.ReadWrite : CpuAccess.Read);
        return fences.ReadInfo().Status == SyncStatus.Signaled;
    }
}
