using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests;

/// <summary>Sources are joined by inode, what vanishes is no error, and what is hidden is said.</summary>
public sealed class KernelBufferSnapshotTests : LeakCheckedTest
{
    private const int Duplicate = 0; // F_DUPFD: without close-on-exec, so that a child inherits it

    [Fact]
    public void Descriptors_mappings_and_bufinfo_of_one_inode_are_one_record()
    {
        using ProcessTree tree = new();
        tree.AddProcess(10, "camera", 500);
        tree.AddBuffer(10, 5, 52, 8192, "frame");
        tree.AddBuffer(10, 3, 52, 8192, "frame");
        tree.AddProcess(11, "viewer", maps: "7f0000000000-7f0000002000 r--s 00000000 00:0e 52 /dmabuf:frame\n");
        tree.Write("sys/kernel/debug/dma_buf/bufinfo",
            "00008192\t00000002\t02080007\t00000004\tsystem\t00000052\tframe\n\tAttached Devices:\n\tvgem\nTotal 1 devices attached\n\n00004096\t00000002\t02080007\t00000001\tudmabuf\t00000053\t<none>\n\tAttached Devices:\nTotal 0 devices attached\n\n");
        KernelBufferSnapshot snapshot = tree.Take();
        Assert.Equal([52UL, 53], snapshot.Buffers.Select(static buffer => buffer.Inode));
        KernelBufferRecord frame = snapshot.Buffers[0];
        Assert.Equal((8192UL, "system", "frame", 2UL), (frame.Size, frame.Exporter, frame.Name, frame.References));
        Assert.Equal(["vgem"], frame.AttachedDevices);
        Assert.Equal([(10, 500UL, "camera", 1000u), (11, 100UL, "viewer", 1000u)], frame.Holders.Select(static holder => (holder.ProcessId, holder.StartTime, holder.Command, holder.UserId ?? 0)));
        Assert.Equal([3, 5], frame.Holders[0].Descriptors);
        Assert.Equal(8192UL, frame.Holders[1].MappedBytes);
        Assert.False(Assert.Single(frame.Holders[1].Mappings).IsWritable);
        Assert.Empty(snapshot.Buffers[1].Holders);
        Assert.Equal([10, 11], snapshot.ProcessIds.Order());
    }

    [Fact]
    public void Facts_of_descriptors_are_believed_before_a_row_that_a_name_can_forge()
    {
        using ProcessTree tree = new();
        tree.AddProcess(10, "camera");
        tree.AddBuffer(10, 3, 52, 8192, "frame");
        tree.Write("sys/kernel/debug/dma_buf/bufinfo", "1\t2\t3\t4\tlie\t52\tother\n");
        KernelBufferRecord buffer = Assert.Single(tree.Take().Buffers);
        Assert.Equal((8192UL, "system", "frame"), (buffer.Size, buffer.Exporter, buffer.Name));
    }

    [Fact]
    public void Statistics_of_sysfs_add_buffers_that_nothing_else_names()
    {
        using ProcessTree tree = new();
        tree.Write("sys/kernel/dmabuf/buffers/77/size", "4096\n");
        tree.Write("sys/kernel/dmabuf/buffers/77/exporter_name", "system\n");
        KernelBufferSnapshot snapshot = tree.Take();
        KernelBufferRecord buffer = Assert.Single(snapshot.Buffers);
        Assert.Equal((77UL, 4096UL, "system"), (buffer.Inode, buffer.Size, buffer.Exporter));
        Assert.Null(buffer.AttachedDevices);
        Assert.Equal([(tree.At("sys/kernel/debug/dma_buf/bufinfo"), Errno.ENOENT)], snapshot.UnreadableSources.Select(static source => (source.Path, source.Errno)));
    }

    [Fact]
    public void Processes_and_descriptors_that_vanish_meanwhile_are_no_error()
    {
        using ProcessTree tree = new();
        Directory.CreateDirectory(tree.At("proc/9"));
        tree.AddProcess(10, "camera");
        File.CreateSymbolicLink(tree.At("proc/10/fd/3"), "/dmabuf:gone");
        KernelBufferSnapshot snapshot = tree.Take();
        Assert.Empty(snapshot.Buffers);
        Assert.Empty(snapshot.UnreadableProcesses);
        Assert.Equal([10], snapshot.ProcessIds);
    }

    [Fact]
    public void Without_proc_there_is_an_error_with_a_remedy()
    {
        DmaBufException error = Refused(Errno.ENOENT, static () => KernelBufferSnapshot.Take(new() { ProcessRoot = "/nonexistent" }));
        Assert.Contains("/nonexistent", error.Message, StringComparison.Ordinal);
        Assert.Contains("Mount proc", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_memory_file_that_a_child_inherited_has_two_holders_until_the_child_is_killed()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory + " two words", 12288);
        using MemoryMapping mapping = file.Map(MemoryProtection.Read);
        using Process child = StartWith(file.Descriptor);
        KernelBufferRecord record = Find(file);
        Assert.Equal((12288UL, TestMemory + " two words", OpenFileKind.MemoryFile), (record.Size, record.Name, record.Kind));
        Assert.Equal(new[] { Environment.ProcessId, child.Id }.Order(), record.Holders.Select(static holder => holder.ProcessId));
        BufferHolder own = record.Holders.Single(static holder => holder.ProcessId == Environment.ProcessId);
        Assert.Equal(12288UL, own.MappedBytes);
        Assert.Contains((int)file.Descriptor.DangerousGetHandle(), own.Descriptors);
        Assert.Equal("sleep", record.Holders.Single(holder => holder.ProcessId == child.Id).Command);
        End(child);
        Assert.Equal([Environment.ProcessId], Find(file).Holders.Select(static holder => holder.ProcessId));
    }

    [Fact]
    public void Memory_files_are_left_out_unless_asked_for()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 4096);
        Assert.DoesNotContain(KernelBufferSnapshot.Take().Buffers, static buffer => buffer.Kind != OpenFileKind.DmaBuffer);
    }

    [Fact]
    public void An_ordinary_user_sees_its_own_and_is_told_of_the_others()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Becoming another user needs root.");
        using MemoryFile file = MemoryFile.Create(TestMemory, 4096);
        using Process child = StartWith(file.Descriptor);
        KernelBufferSnapshot snapshot = WithoutPrivilege.RunAsNobody(TakeAll);
        KernelBufferRecord record = snapshot.Buffers.Single(buffer => buffer.Inode == file.Facts.Identity.Inode && buffer.Name == TestMemory);
        Assert.Equal([Environment.ProcessId], record.Holders.Select(static holder => holder.ProcessId));
        Assert.Contains(new UnreadableProcess(child.Id, Errno.EACCES), snapshot.UnreadableProcesses);
        Assert.Contains(child.Id, snapshot.ProcessIds);
        End(child);
    }

    [Fact]
    public void Descriptors_that_are_no_buffers_cost_no_look_and_those_without_buffers_one()
    {
        using ProcessTree tree = new();
        for (int process = 1; process <= 50; process++)
        {
            tree.AddProcess(process, "many");
            for (int descriptor = 0; descriptor < 20; descriptor++)
            {
                File.CreateSymbolicLink(tree.At($"proc/{process}/fd/{descriptor}"), "socket:[1]");
            }
        }

        tree.AddBuffer(50, 100, 1, 4096);
        KernelBufferReading reading = new(tree.Options);
        Assert.Equal(50, Assert.Single(Assert.Single(reading.Read().Buffers).Holders).ProcessId);
        const int maps = 50, descriptorFacts = 1, holderFacts = 2;
        Assert.Equal(maps + descriptorFacts + holderFacts, reading.TextsRead);
    }

    [Fact]
    public void Two_thousand_processes_with_twenty_thousand_descriptors_are_all_found_by_three_looks_each()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory + " crowd", 4096);
        using Crowd crowd = Crowd.Holding(file.Descriptor);
        TestContext.Current.TestOutputHelper?.WriteLine($"{crowd.Size} processes of {Crowd.WantedSize}; this machine's limits allow no more: {crowd.Size < Crowd.WantedSize}");
        KernelBufferReading reading = new(new() { IncludeMemoryFiles = true });
        int others = Crowd.CountProcesses() - crowd.Size;
        KernelBufferSnapshot snapshot = reading.Read();

        KernelBufferRecord record = snapshot.Buffers.Single(buffer => buffer.Inode == file.Facts.Identity.Inode && buffer.Name == file.Name);
        List<BufferHolder> children = [.. record.Holders.Where(static holder => holder.ProcessId != Environment.ProcessId)];
        Assert.Equal(crowd.Size + 1, children.Count); // the shell that made them, too
        Assert.All(children, holder => Assert.Equal(crowd.Descriptors, holder.Descriptors));
        Assert.Equal(children.Count, children.Select(static holder => (holder.ProcessId, holder.StartTime)).Distinct().Count());
        Assert.InRange(reading.TextsRead, 3 * children.Count, 3 * (children.Count + others + 100));
    }

    private static KernelBufferSnapshot TakeAll() => KernelBufferSnapshot.Take(new() { IncludeMemoryFiles = true });

    private static KernelBufferRecord Find(MemoryFile file) => TakeAll().Buffers.Single(buffer => buffer.Inode == file.Facts.Identity.Inode && buffer.Name == file.Name);

    internal static Process StartWith(SafeFileHandle descriptor)
    {
        using SafeFileHandle inherited = Libc.fcntl_duplicate(descriptor, Duplicate, 100);
        Process child = Process.Start("sleep", "600");
        // The child has the descriptor from the start, and its own name once it runs its own program.
        Assert.True(SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{child.Id}/comm") == "sleep\n", TimeSpan.FromSeconds(60)));
        return child;
    }

    internal static void End(Process child)
    {
        child.Kill();
        child.WaitForExit();
    }
}
