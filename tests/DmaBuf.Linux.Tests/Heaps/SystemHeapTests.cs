namespace DmaBuf.Linux.Tests;

/// <summary>The system heap of a real kernel.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class SystemHeapTests : LeakCheckedTest
{
    [Fact]
    public void The_heap_is_found_and_fills_whole_pages_with_zeros()
    {
        Assert.Contains("system", DmaHeap.FindNames());
        using DmaHeap heap = DmaHeap.Open("system");
        Assert.Equal(DmaHeapKind.System, heap.Kind);
        using KernelBuffer buffer = heap.Allocate(1);
        Assert.Equal((ulong)Environment.SystemPageSize, buffer.Length);
        Assert.False(BuffersLab.Read(buffer).AsSpan().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void More_than_is_free_is_refused_before_the_kernel_kills_for_it()
    {
        using DmaHeap heap = DmaHeap.Open("system");
        DmaBufException refusal = Refused(Errno.ENOMEM, () => heap.Allocate(1UL << 40));
        Assert.Contains("MemAvailable", refusal.Message, StringComparison.Ordinal);
        Refused(Errno.EINVAL, () => heap.Allocate(0));
    }

    [Fact]
    public void An_ordinary_user_is_told_whom_to_ask()
    {
        DmaBufException refusal = WithoutPrivilege.Run(static () => Refused(Errno.EACCES, static () => DmaHeap.Open("system")));
        Assert.Contains("ls -l /dev/dma_heap/system", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_heap_that_is_not_there_is_told_with_those_that_are() =>
        Assert.Contains("system", Refused(Errno.ENOENT, static () => DmaHeap.Open("nosuch")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_buffer_for_reading_cannot_be_mapped_for_writing()
    {
        using DmaHeap heap = DmaHeap.Open("system");
        using KernelBuffer buffer = heap.Allocate(4096, CpuAccess.Read);
        Assert.Equal(CpuAccess.Read, buffer.Facts.Access);
        Refused(Errno.EACCES, () => buffer.Map(MemoryProtection.ReadWrite));
    }
}
