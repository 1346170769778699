using System.Security.Cryptography;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>Sealed memory full of bytes that no mistake would produce, and their checksum.</summary>
internal static class PatternMemory
{
    /// <summary>Makes a buffer on a sealed memory file; the buffer owns the file.</summary>
    internal static DmaBuffer Export(string name, ulong length, MemorySeals seals, out string sha256)
    {
        MemoryFile memory = MemoryFile.Create(name, length);
        try
        {
            sha256 = Fill(memory);
            memory.Seal(seals);
            return MemoryFileExporter.Export(memory, new DmaBufferExportOptions { Name = name });
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    private static string Fill(MemoryFile memory)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[MemoryFill.PieceBytes];
        for (ulong offset = 0; offset < memory.Length; offset += MemoryFill.PieceBytes)
        {
            Span<byte> bytes = piece.AsSpan(0, (int)Math.Min(MemoryFill.PieceBytes, memory.Length - offset));
            Random.Shared.NextBytes(bytes);
            MemoryFill.Write(memory, offset, bytes);
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
