namespace DmaBuf.Machine;

/// <summary>
/// Shows an exporter that offers a table and then cannot make one: map says EOPNOTSUPP. Mirrors the exporter of the iommufd self-test in patch 07, which exists for
/// importers that never map for a device; its attach and detach callbacks did nothing and are gone.
/// </summary>
/// <remarks>An importer finds out at map, which is later than it should be; offering nothing would be better manners. Safe for all threads.</remarks>
public sealed class SelfTestExporter : SimpleScatterGatherExporter
{
    private SelfTestExporter()
        : base("self-test")
    {
    }

    /// <summary>Exports a buffer without memory.</summary>
    /// <param name="size">Bytes that it claims; not zero.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <exception cref="DmaBufException">As <see cref="DmaBuffer.Export"/>.</exception>
    public static DmaBuffer Export(ulong size, DmaBufferExportOptions? options = null) => DmaBuffer.Export(new SelfTestExporter(), size, options);

    /// <inheritdoc/>
    public override ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
        => throw new DmaBufException(Errno.EOPNOTSUPP, $"Mapping '{attachment?.Buffer}' for a device was refused: it has no memory that devices could reach.");

    /// <inheritdoc/>
    public override void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        // No map ever succeeded.
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer)
    {
        // There is no memory.
    }
}
