using System.Buffers.Binary;

namespace DmaBuf.Machine;

/// <summary>
/// Shows how a call that comes as bytes is read: the header, the checks that it permits, and only then the array that the header announces, so that no
/// length is believed before it was compared.
/// </summary>
/// <remarks>
/// Layout after the 8 bytes of <c>struct vfio_device_feature</c> (argsz, flags): region_index u32, open_flags u32, flags u32, nr_ranges u32, then offset and
/// length u64 for each range. Bytes that the caller announced but that are not there are what an unmapped user page is to a kernel: EFAULT.
/// </remarks>
internal readonly record struct VfioBufferArgument(uint RegionIndex, BarRange[] Ranges)
{
    internal const ushort Feature = 11;
    private const int FeatureHeader = 8;
    private const int Payload = 16;
    private const int Range = 16;
    private const int BarCount = 6;

    /// <summary>Reads an argument whose operation is GET.</summary>
    /// <exception cref="DmaBufException">EINVAL: too short, no range or an unknown flag; EFAULT: bytes are missing; ENODEV: no such BAR.</exception>
    internal static VfioBufferArgument Read(uint argumentSize, ReadOnlySpan<byte> argument)
    {
        if (argumentSize < FeatureHeader + Payload)
        {
            throw Refused(Errno.EINVAL, $"its argsz is {argumentSize}. Announce at least {FeatureHeader + Payload} bytes");
        }

        RequireBytes(argument, FeatureHeader + Payload);
        ReadOnlySpan<byte> payload = argument[FeatureHeader..];
        uint region = BinaryPrimitives.ReadUInt32LittleEndian(payload);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(payload[8..]);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(payload[12..]);
        RequireHeader(region, flags, count);
        RequireBytes(argument, FeatureHeader + Payload + ((long)count * Range));
        BarRange[] ranges = new BarRange[count];
        for (int index = 0; index < ranges.Length; index++)
        {
            ReadOnlySpan<byte> one = payload[(Payload + (index * Range))..];
            ranges[index] = new BarRange(BinaryPrimitives.ReadUInt64LittleEndian(one), BinaryPrimitives.ReadUInt64LittleEndian(one[8..]));
        }

        return new VfioBufferArgument(region, ranges);
    }

    /// <summary>The checks of the header, in the order of the kernel.</summary>
    internal static void RequireHeader(uint region, uint flags, uint count)
    {
        if (count == 0 || flags != 0)
        {
            throw Refused(Errno.EINVAL, $"it has {count} ranges and the flags 0x{flags:x}. Name at least one range and no flag");
        }

        if (region >= BarCount)
        {
            throw Refused(Errno.ENODEV, $"region {region} is no BAR. Name one of 0 to {BarCount - 1}");
        }
    }

    private static void RequireBytes(ReadOnlySpan<byte> argument, long needed)
    {
        if (argument.Length < needed)
        {
            throw Refused(Errno.EFAULT, $"{needed} bytes of argument are announced and {argument.Length} can be read. Pass all of them");
        }
    }

    private static DmaBufException Refused(Errno errno, string why) => new(errno, $"Making a buffer of a VFIO device was refused: {why}.");
}
