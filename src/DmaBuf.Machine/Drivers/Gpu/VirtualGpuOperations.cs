namespace DmaBuf.Machine;

/// <summary>
/// The operations of a virtual GPU's buffers: those of a table, and more that only a driver of the same kind knows, here the host's identity of the resource.
/// </summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed class VirtualGpuOperations : IScatterGatherOperations
{
    private readonly PhysicalRange[] _ranges;
    private readonly ulong _size;

    internal VirtualGpuOperations(Guid resource, PhysicalRange[] ranges, ulong size)
    {
        Resource = resource;
        _ranges = ranges;
        _size = size;
    }

    /// <summary>Under which identity the host knows the resource (<c>get_uuid</c>).</summary>
    public Guid Resource { get; }

    /// <inheritdoc/>
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        return ScatterGatherTableBuilder.Build(attachment.Device, provider: null, _ranges, _size, direction);
    }

    /// <inheritdoc/>
    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(backing);
        backing.Release();
    }
}
