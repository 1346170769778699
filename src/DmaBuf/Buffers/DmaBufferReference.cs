namespace DmaBuf;

/// <summary>One reference to a buffer (<c>get_dma_buf</c> and <c>dma_buf_put</c>): while it lives the memory is not released.</summary>
/// <remarks>Dispose is idempotent and safe for all threads.</remarks>
public sealed class DmaBufferReference : IDisposable
{
    private DmaBuffer? _buffer;

    internal DmaBufferReference(DmaBuffer buffer) => _buffer = buffer;

    /// <summary>The buffer.</summary>
    /// <exception cref="ObjectDisposedException">The reference was dropped.</exception>
    public DmaBuffer Buffer => _buffer ?? throw new ObjectDisposedException(nameof(DmaBufferReference), "This reference to a buffer was dropped.");

    /// <summary>Drops the reference.</summary>
    public void Dispose() => Interlocked.Exchange(ref _buffer, null)?.DropReference();
}
