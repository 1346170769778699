using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Reads <c>VFIO_IOMMU_GET_INFO</c> with its chain of capabilities.</summary>
internal static class VfioContainerInfo
{
    internal static IovaLimits Read(SafeFileHandle container)
    {
        int header = (int)UapiSize.Of<VfioUapi.vfio_iommu_type1_info>();
        byte[] buffer = new byte[header];
        Call(container, buffer);
        uint whole = MemoryMarshal.Read<VfioUapi.vfio_iommu_type1_info>(buffer).argsz;
        if (whole > header)
        {
            // The kernel says how much it would tell, capabilities included.
            buffer = new byte[whole];
            Call(container, buffer);
        }

        VfioUapi.vfio_iommu_type1_info info = MemoryMarshal.Read<VfioUapi.vfio_iommu_type1_info>(buffer);
        ulong smallest = (info.flags & VfioUapi.VFIO_IOMMU_INFO_PGSIZES) == 0 || info.iova_pgsizes == 0 ? (ulong)Environment.SystemPageSize : info.iova_pgsizes & (~info.iova_pgsizes + 1);
        return new IovaLimits(smallest, (info.flags & VfioUapi.VFIO_IOMMU_INFO_CAPS) == 0 ? [] : RangesOf(buffer, info.cap_offset));
    }

    private static unsafe void Call(SafeFileHandle container, byte[] buffer)
    {
        MemoryMarshal.Write(buffer, (uint)buffer.Length);
        Errno errno;

        // SAFETY: the buffer is as long as its first field says, and stays where it is during the call.
        fixed (byte* argument = buffer)
        {
            errno = DeviceCall.Try(container, VfioUapi.VFIO_IOMMU_GET_INFO, argument, out _);
        }

        if (errno != Errno.None)
        {
            throw NativeError.Failure(errno, "Asking a VFIO container for its IOMMU", "Add a group first: only then it has one.");
        }
    }

    /// <summary>Each capability names the place of the next, from the start of the structure; 0 ends the chain.</summary>
    private static List<DmaRange> RangesOf(byte[] buffer, uint place)
    {
        List<DmaRange> ranges = [];
        int header = (int)UapiSize.Of<VfioUapi.vfio_info_cap_header>();
        int steps = buffer.Length / header;
        while (place != 0 && place + header <= buffer.Length && steps-- > 0)
        {
            ReadOnlySpan<byte> capability = buffer.AsSpan((int)place);
            VfioUapi.vfio_info_cap_header next = MemoryMarshal.Read<VfioUapi.vfio_info_cap_header>(capability);
            if (next.id == VfioUapi.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
            {
                uint count = MemoryMarshal.Read<VfioUapi.vfio_iommu_type1_info_cap_iova_range>(capability).nr_iovas;
                ReadOnlySpan<byte> list = capability[(int)UapiSize.Of<VfioUapi.vfio_iommu_type1_info_cap_iova_range>()..];
                foreach (VfioUapi.vfio_iova_range range in MemoryMarshal.Cast<byte, VfioUapi.vfio_iova_range>(list)[..(int)count])
                {
                    // The end is inclusive. The last address of all cannot be part of a range whose length must fit.
                    ulong length = range.end - range.start == ulong.MaxValue ? ulong.MaxValue : range.end - range.start + 1;
                    ranges.Add(new DmaRange(new DmaAddress(range.start), length));
                }
            }

            place = next.next;
        }

        return ranges;
    }
}
