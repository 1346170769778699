using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Fences of a dma-buf as sync_file, tried with the buffer that another check made.</summary>
internal static class SyncFileCheck
{
    private const string Area = "sync-file";

    internal static DoctorCheck Of(SharedProbe probe)
    {
        if (probe.Buffer is not { } buffer)
        {
            return new(Area, Area, DoctorState.Untested, "there is no dma-buf to ask", "make heap or udmabuf work first");
        }

        DmaBufUapi.dma_buf_export_sync_file data = new() { flags = (uint)DmaBufUapi.DMA_BUF_SYNC_RW };
        Errno errno = DeviceCall.Try(buffer, DmaBufUapi.DMA_BUF_IOCTL_EXPORT_SYNC_FILE, ref data);
        if (errno != Errno.None)
        {
            return errno == Errno.ENOTTY
                ? new(Area, Area, DoctorState.Missing, "this kernel exports no sync_file from a dma-buf", "Linux 6.0 or later, built with CONFIG_SYNC_FILE")
                : DoctorNode.Failing(Area, Area, "exporting a sync_file from a dma-buf", errno, "look at the kernel's log (sudo dmesg)");
        }

        new SafeFileHandle(data.fd, ownsHandle: true).Dispose();
        return DoctorCheck.Works(Area, Area, "a dma-buf's fences were exported as a sync_file");
    }
}
