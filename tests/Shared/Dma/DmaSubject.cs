namespace DmaBuf.SharedTests;

/// <summary>A device that moves bytes by DMA, an importer that maps buffers for it, and memory that can be looked at past both.</summary>
public abstract class DmaSubject : Subject
{
    /// <summary>Exports zeroed memory that the importer takes.</summary>
    /// <param name="pages">How many pages.</param>
    public abstract DmaBuffer Export(int pages);

    /// <summary>Exports memory that the importer does not take.</summary>
    /// <returns>The buffer, and the property or the type that a refusal has to name.</returns>
    public abstract (DmaBuffer Buffer, string Property) ExportForeign();

    /// <summary>Maps a buffer for the device.</summary>
    /// <param name="buffer">The buffer; may be mapped several times.</param>
    /// <param name="direction">What the device may do.</param>
    /// <param name="at">Where it shall find the buffer; null: anywhere.</param>
    public abstract DeviceMapping Map(DmaBuffer buffer, DmaDirection direction = DmaDirection.Bidirectional, DmaAddress? at = null);

    /// <summary>The device writes one page, and is done when this ends, whether it was let through or not. What it says of that is its own affair: memory is looked at instead.</summary>
    public abstract Task WriteAsync(DmaAddress to, byte[] page);

    /// <summary>The device reads one page, and this gives what it got, whatever that is if it was not let through.</summary>
    public abstract Task<byte[]> ReadAsync(DmaAddress from);

    /// <summary>The bytes of one page, past all mappings; also after the buffer was revoked.</summary>
    public abstract byte[] Look(DmaBuffer buffer, int page = 0);

    /// <summary>Changes one page, past all mappings.</summary>
    public abstract void Fill(DmaBuffer buffer, byte[] bytes, int page = 0);
}
