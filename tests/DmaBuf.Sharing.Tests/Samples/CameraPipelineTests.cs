using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;

namespace DmaBuf.Sharing.Tests;

/// <summary>The sample with three processes, as it was built: what comes out of its end.</summary>
public sealed class CameraPipelineTests : LeakCheckedTest
{
    private const int Width = 160;
    private const int Height = 120;

    [Fact]
    public async Task The_viewer_writes_the_negative_of_what_was_captured()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("dmabuf-test");
        try
        {
            ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "CameraPipeline"), ["run", folder.FullName, "12"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["CAMERA"] = "test" },
            };
            using (Process process = Process.Start(start)!)
            {
                Task<string> complaints = process.StandardError.ReadToEndAsync(Token);
                string output = await process.StandardOutput.ReadToEndAsync(Token);
                string said = $"{output}\n{await complaints}";
                await process.WaitForExitAsync(Token);
                process.StandardOutput.Dispose();
                process.StandardError.Dispose();
                Assert.True(process.ExitCode == 0, said);
            }

            string[] files = [.. folder.EnumerateFiles().Select(static file => file.Name).Order(StringComparer.Ordinal)];
            Assert.Equal(Enumerable.Range(1, 12).Select(static number => $"frame-{number:0000}.png"), files);
            for (int number = 0; number < files.Length; number++)
            {
                CheckPixels(Decode(File.ReadAllBytes(Path.Combine(folder.FullName, files[number]))), number);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void CheckPixels(byte[] lines, int number)
    {
        Assert.Equal(Height * (1 + (3 * Width)), lines.Length);
        for (int y = 0; y < Height; y++)
        {
            int line = y * (1 + (3 * Width));
            Assert.Equal(0, lines[line]);
            for (int x = 0; x < Width; x++)
            {
                (byte, byte, byte) expected = ((byte)(255 - (x * 255 / (Width - 1))), (byte)(255 - (y * 255 / (Height - 1))), (byte)(255 - (number * 10)));
                int pixel = line + 1 + (3 * x);
                Assert.Equal(expected, (lines[pixel], lines[pixel + 1], lines[pixel + 2]));
            }
        }
    }

    /// <summary>The lines of a picture, each with its filter's number before it. Every chunk's checksum is computed anew.</summary>
    private static byte[] Decode(byte[] png)
    {
        Assert.Equal([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], png[..8]);
        using MemoryStream compressed = new();
        List<string> kinds = [];
        for (int at = 8; at < png.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            string kind = Encoding.ASCII.GetString(png, at + 4, 4);
            kinds.Add(kind);
            Assert.Equal(Checksum(png.AsSpan(at + 4, 4 + length)), BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at + 8 + length)));
            byte[] contents = png[(at + 8)..(at + 8 + length)];
            if (kind == "IHDR")
            {
                Assert.Equal([0, 0, 0, Width, 0, 0, 0, Height, 8, 2, 0, 0, 0], contents);
            }
            else if (kind == "IDAT")
            {
                compressed.Write(contents);
            }

            at += 12 + length;
        }

        Assert.Equal(["IHDR", "IDAT", "IEND"], kinds);
        compressed.Position = 0;
        using ZLibStream zlib = new(compressed, CompressionMode.Decompress);
        using MemoryStream lines = new();
        zlib.CopyTo(lines);
        return lines.ToArray();
    }

    /// <summary>CRC-32, bit by bit.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte each in bytes)
        {
            crc ^= each;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xedb88320 & (0 - (crc & 1)));
            }
        }

        return ~crc;
    }
}
