namespace DmaBuf.Machine;

/// <summary>
/// Exports a part of a controller memory buffer: one offer, a <b>ScatterGatherTable</b> that requires a peer-to-peer path. The last reference to go gives the part back.
/// </summary>
/// <remarks>
/// Requires revocation, because a controller is reset whenever its owner likes, so importers must be dynamic. When the controller is removed the buffer is closed: in order importers
/// have a second to let go, after a surprise nobody is waited for. Safe for all threads.
/// </remarks>
public sealed class ControllerMemoryExporter : MachineExporter, IScatterGatherOperations
{
    private const int PieceLength = 1 << 16;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly PeerToPeerProvider _provider;
    private readonly MemoryArea _area;
    private readonly PhysicalRange _part;
    private IDisposable? _removal;

    private ControllerMemoryExporter(SoftwareMachine machine, PciBar bar, MemoryArea area, PhysicalRange part)
        : base("controller-memory", machine, [part])
    {
        _provider = bar.Provider!;
        _area = area;
        _part = part;
        Offers = OfferSource.Single(ScatterGatherMappingType.OfferPeerToPeer(this, PeerToPeerRequirement.RequiresDistance, bar.Function));
    }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <inheritdoc/>
    protected override bool RequiresRevocation => true;

    /// <inheritdoc/>
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        return ScatterGatherTableBuilder.Build(attachment.Device, _provider, Ranges, _part.Length, direction);
    }

    /// <inheritdoc/>
    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(backing);
        backing.Release();
    }

    internal static DmaBuffer Export(SoftwareMachine machine, PciBar bar, MemoryArea area, ulong size, DmaBufferExportOptions? options)
    {
        PhysicalRange part = area.Allocate(size);
        ControllerMemoryExporter exporter = new(machine, bar, area, part);
        DmaBuffer? buffer = null;
        try
        {
            exporter.Clear();
            buffer = DmaBuffer.Export(exporter, size, options);
        }
        finally
        {
            if (buffer is null)
            {
                area.Free(part);
            }
        }

        return exporter.EndWith(bar.Function, buffer);
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer)
    {
        _removal?.Dispose();
        _area.Free(_part);
    }

    /// <summary>From now on the buffer does not outlive the function; if it is gone already, the buffer is not there either.</summary>
    private DmaBuffer EndWith(PciFunction function, DmaBuffer buffer)
    {
        try
        {
            _removal = function.OnRemoval((_, kind) => Close(buffer, kind == PciRemovalKind.Surprise ? TimeSpan.Zero : s_patience));
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>On the thread that removes the function, which waits.</summary>
    private static void Close(DmaBuffer buffer, TimeSpan deadline)
    {
        try
        {
            using DmaBufferReference reference = buffer.AddReference();
            buffer.CloseAsync(deadline).AsTask().GetAwaiter().GetResult();
        }
        catch (ObjectDisposedException)
        {
            // The last reference went at the same time: there is nobody to tell.
        }
    }

    /// <summary>Whoever had the part before has left bytes in it that are nobody else's business.</summary>
    private void Clear()
    {
        byte[] zeros = new byte[Math.Min(_part.Length, PieceLength)];
        for (ulong offset = 0; offset < _part.Length; offset += (ulong)zeros.Length)
        {
            Write(offset, zeros.AsSpan(0, (int)Math.Min((ulong)zeros.Length, _part.Length - offset)));
        }
    }
}
