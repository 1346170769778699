using System.Buffers.Binary;
using System.Numerics;

namespace DmaBuf.Machine;

/// <summary>Cuts byte accesses into register accesses: naturally aligned, little-endian, of the largest size that fits.</summary>
internal static class PciRegisterAccess
{
    public static void Read(IPciRegisters registers, ulong offset, Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[8];
        while (!destination.IsEmpty)
        {
            int size = SizeOf(offset, destination.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, registers.Read(offset, size));
            bytes[..size].CopyTo(destination);
            destination = destination[size..];
            offset += (ulong)size;
        }
    }

    public static void Write(IPciRegisters registers, ulong offset, ReadOnlySpan<byte> source)
    {
        Span<byte> bytes = stackalloc byte[8];
        while (!source.IsEmpty)
        {
            int size = SizeOf(offset, source.Length);
            bytes.Clear();
            source[..size].CopyTo(bytes);
            registers.Write(offset, size, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            source = source[size..];
            offset += (ulong)size;
        }
    }

    private static int SizeOf(ulong offset, int length)
    {
        int fits = 1 << BitOperations.Log2((uint)Math.Min(length, 8));
        return offset == 0 ? fits : Math.Min(fits, 1 << Math.Min(3, BitOperations.TrailingZeroCount(offset)));
    }
}
