using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests;

/// <summary>A dma-buf of the system heap, made by the calls themselves.</summary>
internal static unsafe class HeapBuffer
{
    internal static SafeFileHandle Allocate(ulong bytes, string? name = null)
    {
        using SafeFileHandle heap = DeviceNode.Open("/dev/dma_heap/system", "");
        DmaHeapUapi.dma_heap_allocation_data data = new() { len = bytes, fd_flags = Libc.O_RDWR | Libc.O_CLOEXEC };
        Assert.Equal(Errno.None, DeviceCall.Try(heap, DmaHeapUapi.DMA_HEAP_IOCTL_ALLOC, ref data));
        SafeFileHandle buffer = new((nint)data.fd, ownsHandle: true);
        if (name is not null)
        {
            fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
            {
                Assert.Equal(Errno.None, DeviceCall.Try(buffer, DmaBufUapi.DMA_BUF_SET_NAME_B, text, out _));
            }
        }

        return buffer;
    }
}
