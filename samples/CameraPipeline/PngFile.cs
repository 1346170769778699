using System.Buffers.Binary;
using System.IO.Compression;

namespace DmaBuf.Samples.Camera;

/// <summary>Writes a picture as PNG (ISO/IEC 15948): 8 bits each of red, green and blue, lines without a filter.</summary>
internal static class PngFile
{
    private static readonly uint[] s_table = [.. Enumerable.Range(0, 256).Select(static each => Remainder((uint)each))];

    /// <param name="path">Replaced if it is there.</param>
    /// <param name="width">Pixels a line.</param>
    /// <param name="height">Lines.</param>
    /// <param name="pixels">Four bytes each: blue, green, red, and one that does not count.</param>
    internal static void Write(string path, int width, int height, ReadOnlySpan<byte> pixels)
    {
        using FileStream file = File.Create(path);
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1a, (byte)'\n']);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2);
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "IDAT"u8, Compress(width, height, pixels));
        WriteChunk(file, "IEND"u8, []);
    }

    private static byte[] Compress(int width, int height, ReadOnlySpan<byte> pixels)
    {
        using MemoryStream compressed = new();
        using (ZLibStream zlib = new(compressed, CompressionLevel.Fastest))
        {
            byte[] line = new byte[1 + (3 * width)];
            for (int y = 0; y < height; y++)
            {
                ReadOnlySpan<byte> source = pixels.Slice(y * width * Picture.PixelBytes, width * Picture.PixelBytes);
                for (int x = 0; x < width; x++)
                {
                    (line[1 + (3 * x)], line[2 + (3 * x)], line[3 + (3 * x)]) = (source[(4 * x) + 2], source[(4 * x) + 1], source[4 * x]);
                }

                zlib.Write(line);
            }
        }

        return compressed.ToArray();
    }

    private static void WriteChunk(FileStream file, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> contents)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, contents.Length);
        file.Write(number);
        file.Write(kind);
        file.Write(contents);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Add(Add(uint.MaxValue, kind), contents));
        file.Write(number);
    }

    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte each in bytes)
        {
            crc = s_table[(byte)(crc ^ each)] ^ (crc >> 8);
        }

        return crc;
    }

    private static uint Remainder(uint value)
    {
        for (int bit = 0; bit < 8; bit++)
        {
            value = (value & 1) == 1 ? 0xedb88320 ^ (value >> 1) : value >> 1;
        }

        return value;
    }
}
