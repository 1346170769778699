using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>Heaps that hand out kernel buffers.</summary>
[KernelHeader("linux/dma-heap.h")]
internal static class DmaHeapUapi
{
    internal static readonly uint DMA_HEAP_IOCTL_ALLOC = IoctlNumber.ReadWrite<dma_heap_allocation_data>('H', 0);

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    internal struct dma_heap_allocation_data
    {
        [FieldOffset(0)] public ulong len;
        [FieldOffset(8)] public uint fd;
        [FieldOffset(12)] public uint fd_flags;
        [FieldOffset(16)] public ulong heap_flags;
    }
}
