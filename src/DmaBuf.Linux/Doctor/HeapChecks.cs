using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Every heap in <c>/dev/dma_heap</c>, tried with a page that is given back at once.</summary>
internal static class HeapChecks
{
    private const string Area = "heap";

    internal static IEnumerable<DoctorCheck> Of(DoctorRoom room, SharedProbe probe)
    {
        string directory = room.Device("dma_heap");
        string[] heaps = DoctorRoom.Names(directory);
        return heaps.Length > 0
            ? heaps.Select(heap => Try(room, Path.Combine(directory, heap), $"{Area}:{heap}", probe))
            : [new(Area, Area, DoctorState.Missing, $"no heap in {directory}", room.Configuration.Remedy("DMABUF_HEAPS_SYSTEM", "system_heap", "5.6"))];
    }

    private static DoctorCheck Try(DoctorRoom room, string path, string name, SharedProbe probe)
    {
        using SafeFileHandle? heap = DoctorNode.TryOpen(room, path, Area, name, "its driver", out DoctorCheck? refusal);
        if (heap is null)
        {
            return refusal!;
        }

        DmaHeapUapi.dma_heap_allocation_data data = new() { len = (ulong)Environment.SystemPageSize, fd_flags = Libc.O_RDWR | Libc.O_CLOEXEC };
        Errno errno = DeviceCall.Try(heap, DmaHeapUapi.DMA_HEAP_IOCTL_ALLOC, ref data);
        if (errno != Errno.None)
        {
            return DoctorNode.Failing(Area, name, $"allocating a page from {path}", errno, errno == Errno.ENOMEM ? "release some of its memory (dmabuf list --exporter)" : "look at the kernel's log (sudo dmesg)");
        }

        probe.Adopt(new SafeFileHandle((nint)data.fd, ownsHandle: true));
        return DoctorCheck.Works(Area, name, $"a page was allocated from {path}");
    }
}
