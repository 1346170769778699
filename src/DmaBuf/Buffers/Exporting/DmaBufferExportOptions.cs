namespace DmaBuf;

/// <summary>What an exporter may choose when it exports a buffer (<c>struct dma_buf_export_info</c>).</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record DmaBufferExportOptions
{
    /// <summary>The options of an export that chooses nothing.</summary>
    public static DmaBufferExportOptions Default { get; } = new();

    /// <summary>A name of at most 31 bytes of UTF-8; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>A reservation that the exporter shares between buffers; null: the buffer gets one of its own.</summary>
    public Reservation? Reservation { get; init; }

    /// <summary>The registry that lists the buffer.</summary>
    public DmaBufferRegistry Registry { get; init; } = DmaBufferRegistry.Default;

    /// <summary>The clock of deadlines.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
