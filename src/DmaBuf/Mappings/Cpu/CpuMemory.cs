namespace DmaBuf;

/// <summary>
/// Memory that the CPU reaches through spans: what an exporter of <see cref="CpuMappingType"/> returns from a map. Owned by the mapping, which disposes it
/// once, when nobody is inside.
/// </summary>
/// <remarks>
/// <see cref="Window"/> is called by any number of threads side by side, always between the begin and the end of an access, so an implementation needs no gate of its
/// own. Spans reach at most 2 GiB; larger memory is seen through several windows.
/// <see cref="TryOverlay"/> and dispose are called by one thread at a time, <see cref="TryOverlay"/> while windows are in use.
/// </remarks>
public abstract class CpuMemory : IDisposable
{
    /// <summary>The length in bytes; at least the buffer's size.</summary>
    public abstract ulong Length { get; }

    /// <summary>The bytes from <paramref name="offset"/>; the bounds were checked by the mapping.</summary>
    protected internal abstract Span<byte> Window(ulong offset, int length);

    /// <summary>
    /// Replaces the memory under those who are reading it by other memory at the same place, so that they can go on without reaching the buffer (a forced revoke).
    /// False, the default: not possible; an exporter whose memory answers true says so beforehand in <see cref="ICpuOperations.CanOverlay"/>.
    /// </summary>
    protected internal virtual bool TryOverlay() => false;

    /// <summary>Gives the memory back. Must not throw.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Does the work of <see cref="Dispose()"/>.</summary>
    /// <param name="disposing">True: called by dispose.</param>
    protected abstract void Dispose(bool disposing);
}
