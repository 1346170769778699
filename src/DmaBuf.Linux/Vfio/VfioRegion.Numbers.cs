using System.Buffers.Binary;

namespace DmaBuf.Linux;

/// <content>Numbers of 8 to 64 bits, little endian, each as one access of its width.</content>
public sealed partial class VfioRegion
{
    /// <summary>Reads one byte.</summary>
    public byte Read8(ulong offset)
    {
        Span<byte> bytes = stackalloc byte[1];
        Read(offset, bytes);
        return bytes[0];
    }

    /// <summary>Reads 16 bits.</summary>
    public ushort Read16(ulong offset)
    {
        Span<byte> bytes = stackalloc byte[2];
        Read(offset, bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    /// <summary>Reads 32 bits.</summary>
    public uint Read32(ulong offset)
    {
        Span<byte> bytes = stackalloc byte[4];
        Read(offset, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>Reads 64 bits.</summary>
    public ulong Read64(ulong offset)
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(offset, bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>Writes one byte.</summary>
    public void Write8(ulong offset, byte value) => Write(offset, [value]);

    /// <summary>Writes 16 bits.</summary>
    public void Write16(ulong offset, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        Write(offset, bytes);
    }

    /// <summary>Writes 32 bits.</summary>
    public void Write32(ulong offset, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Write(offset, bytes);
    }

    /// <summary>Writes 64 bits.</summary>
    public void Write64(ulong offset, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Write(offset, bytes);
    }
}
