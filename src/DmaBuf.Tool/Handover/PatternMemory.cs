using System.Security.Cryptography;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>Sealed memory full of bytes that no mistake would produce, and their checksum.</summary>
internal static class PatternMemory
{
    private const int PieceBytes = 1 << 20;

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
        using MemoryMapping mapping = memory.Map(MemoryProtection.ReadWrite);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (ulong offset = 0; offset < memory.Length; offset += PieceBytes)
        {
            Span<byte> window = mapping.Window(offset, (int)Math.Min(PieceBytes, memory.Length - offset));
            Random.Shared.NextBytes(window);
            hash.AppendData(window);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
