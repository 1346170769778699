using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>udmabuf, tried with a sealed page.</summary>
internal static class UdmabufCheck
{
    private const string Area = "udmabuf";

    internal static DoctorCheck Of(DoctorRoom room, SharedProbe probe)
    {
        string path = room.Device("udmabuf");
        using SafeFileHandle? device = DoctorNode.TryOpen(room, path, Area, Area, room.Configuration.Remedy("UDMABUF", "udmabuf", "4.20"), out DoctorCheck? refusal);
        if (device is null)
        {
            return refusal!;
        }

        try
        {
            ulong page = (ulong)Environment.SystemPageSize;
            using MemoryFile file = MemoryFile.Create("dmabuf-doctor", page);
            file.Seal(MemorySeals.Shrink);
            UdmabufUapi.udmabuf_create create = new()
            {
                // The file lives until the call has returned.
                memfd = (uint)file.Descriptor.DangerousGetHandle(),
                flags = UdmabufUapi.UDMABUF_FLAGS_CLOEXEC,
                size = page,
            };
            Errno errno = DeviceCall.Try(device, UdmabufUapi.UDMABUF_CREATE, ref create, out int buffer);
            if (errno != Errno.None)
            {
                return DoctorNode.Failing(Area, Area, $"making a dma-buf of a sealed page with {path}", errno, "look at the kernel's log (sudo dmesg)");
            }

            probe.Adopt(new SafeFileHandle(buffer, ownsHandle: true));
            return DoctorCheck.Works(Area, Area, $"a dma-buf was made of a sealed page; {Limits(room)}");
        }
        catch (DmaBufException exception)
        {
            return new(Area, Area, DoctorState.Untested, exception.Message.ReplaceLineEndings(" "), "make memfd work first");
        }
    }

    private static string Limits(DoctorRoom room)
    {
        string parameters = room.System("module/udmabuf/parameters");
        return $"at most {room.Text(Path.Combine(parameters, "size_limit_mb")) ?? "?"} MiB and {room.Text(Path.Combine(parameters, "list_limit")) ?? "?"} pieces a buffer";
    }
}
