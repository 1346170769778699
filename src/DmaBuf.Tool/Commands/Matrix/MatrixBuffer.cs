namespace DmaBuf.Tool;

/// <summary>A buffer whose bytes are known, and the exporter's own way to look at them, so that what an importer did can be verified without trusting it.</summary>
/// <remarks>Owns the buffer and what is kept for reading back; dispose releases it. Used by one thread.</remarks>
internal sealed class MatrixBuffer(DmaBuffer buffer, byte[] contents, MatrixReadBack readBack, IDisposable? kept = null) : IDisposable
{
    internal DmaBuffer Buffer => buffer;

    /// <summary>What the exporter wrote, whole; an importer must find exactly this.</summary>
    internal byte[] Contents => contents;

    /// <summary>Reads the whole buffer without any importer's mapping.</summary>
    internal void ReadBack(Span<byte> destination) => readBack(destination);

    public void Dispose()
    {
        kept?.Dispose();
        buffer.Dispose();
    }
}
