using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>Kernel buffers (<c>struct dma_buf</c>) as descriptors.</summary>
[KernelHeader("linux/dma-buf.h")]
internal static class DmaBufUapi
{
    internal const ulong DMA_BUF_SYNC_READ = 1;
    internal const ulong DMA_BUF_SYNC_WRITE = 2;
    internal const ulong DMA_BUF_SYNC_RW = 3;
    internal const ulong DMA_BUF_SYNC_START = 0;
    internal const ulong DMA_BUF_SYNC_END = 4;
    internal const int DMA_BUF_NAME_LEN = 32;

    internal static readonly uint DMA_BUF_IOCTL_SYNC = IoctlNumber.Write<dma_buf_sync>('b', 0);
    internal static readonly uint DMA_BUF_SET_NAME_B = IoctlNumber.Write<ulong>('b', 1);
    internal static readonly uint DMA_BUF_IOCTL_EXPORT_SYNC_FILE = IoctlNumber.ReadWrite<dma_buf_export_sync_file>('b', 2);
    internal static readonly uint DMA_BUF_IOCTL_IMPORT_SYNC_FILE = IoctlNumber.Write<dma_buf_import_sync_file>('b', 3);

    [StructLayout(LayoutKind.Explicit, Size = 8)]
    internal struct dma_buf_sync
    {
        [FieldOffset(0)] public ulong flags;
    }

    [StructLayout(LayoutKind.Explicit, Size = 8)]
    internal struct dma_buf_export_sync_file
    {
        [FieldOffset(0)] public uint flags;
        [FieldOffset(4)] public int fd;
    }

    [StructLayout(LayoutKind.Explicit, Size = 8)]
    internal struct dma_buf_import_sync_file
    {
        [FieldOffset(0)] public uint flags;
        [FieldOffset(4)] public int fd;
    }
}
