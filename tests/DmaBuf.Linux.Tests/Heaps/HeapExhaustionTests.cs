using System.Globalization;

namespace DmaBuf.Linux.Tests;

/// <summary>The system heap is asked for more than the machine has. Its driver would take pages until the kernel kills for them, so the question is answered before, and nobody dies.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class HeapExhaustionTests : LeakCheckedTest
{
    [Fact]
    public void More_than_is_left_is_ENOMEM_with_operation_object_and_remedy_and_nobody_is_killed()
    {
        using DmaHeap heap = DmaHeap.Open("system");
        ulong killed = KernelNumberOf("/proc/vmstat", "oom_kill");
        ulong total = KernelNumberOf("/proc/meminfo", "MemTotal:") << 10;
        foreach (ulong asked in new[] { total, 2 * total, 1UL << 62 })
        {
            int descriptors = ProcessResources.Read().Descriptors.Count;
            DmaBufException refusal = Refused(Errno.ENOMEM, () => heap.Allocate(asked));
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"Allocating {asked} bytes from heap \"system\""), refusal.Message, StringComparison.Ordinal);
            Assert.Contains("MemAvailable in /proc/meminfo", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("Ask for less", refusal.Message, StringComparison.Ordinal);
            Refused(Errno.ENOMEM, () => HeapExporter.Export(heap, asked));
            Assert.Equal(descriptors, ProcessResources.Read().Descriptors.Count);
        }

        Assert.Equal(killed, KernelNumberOf("/proc/vmstat", "oom_kill"));
        using KernelBuffer buffer = heap.Allocate(1 << 20);
        Assert.Equal(1UL << 20, buffer.Length);
    }

    /// <summary>Rounded up to pages the length is zero: the only size besides zero that the driver refuses by itself.</summary>
    [Fact]
    public void A_length_that_wraps_is_EINVAL_of_the_kernel()
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle node = DeviceNode.Open("/dev/dma_heap/system", "");
        DmaHeapUapi.dma_heap_allocation_data request = new() { len = ulong.MaxValue, fd_flags = Libc.O_CLOEXEC | Libc.O_RDWR };
        Assert.Equal(Errno.EINVAL, DeviceCall.Try(node, DmaHeapUapi.DMA_HEAP_IOCTL_ALLOC, ref request));
    }

    private static ulong KernelNumberOf(string path, string name) =>
        ulong.Parse(File.ReadLines(path).Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Single(words => words[0] == name)[1], CultureInfo.InvariantCulture);
}
