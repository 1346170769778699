using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>The exporters of real memory that this host has.</summary>
internal static class HostMatrixExporters
{
    private const int Size = 16 << 20;

    /// <summary>None on a system that is not Linux.</summary>
    internal static IEnumerable<MatrixExporter> Find() => OperatingSystem.IsLinux()
        ?
        [
            new MatrixExporter("memfd", IsReal: true, static () => Export(MemorySeals.FixedSize)),
            new MatrixExporter("memfd read-only", IsReal: true, static () => Export(MemorySeals.ReadOnly)),
        ]
        : [];

    private static MatrixBuffer Export(MemorySeals seals)
    {
        byte[] contents = MatrixPattern.Make(Size, seed: 1);
        MemoryFile file = MemoryFile.Create("dmabuf-matrix", Size);
        DmaBuffer? buffer = null;
        try
        {
            MemoryFill.Write(file, 0, contents);
            file.Seal(seals);
            buffer = MemoryFileExporter.Export(file);
            return new MatrixBuffer(buffer, contents, destination => ReadBack(file, destination));
        }
        finally
        {
            if (buffer is null)
            {
                file.Dispose();
            }
        }
    }

    private static void ReadBack(MemoryFile file, Span<byte> destination)
    {
        using MemoryMapping reading = file.Map(MemoryProtection.Read);
        reading.ReadOnlyWindow(0, destination.Length).CopyTo(destination);
    }
}
