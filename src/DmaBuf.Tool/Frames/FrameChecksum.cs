using System.Buffers.Binary;
using System.Numerics;

namespace DmaBuf.Tool;

/// <summary>CRC-32C (Castagnoli, as iSCSI and ext4 have it), which processors compute themselves: fast enough for every byte of every frame.</summary>
internal static class FrameChecksum
{
    internal static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte each in bytes)
        {
            crc = BitOperations.Crc32C(crc, each);
        }

        return ~crc;
    }
}
