namespace DmaBuf.Machine;

/// <summary>
/// Shows what the core makes of a map that returns nothing: ENOMEM. Mirrors <c>fsl_asrc</c>, an audio sample rate converter whose map answers a failed allocation with
/// null instead of an error (patch 07). Its memory is one run, as its DMA engine needs it.
/// </summary>
/// <remarks>Safe for all threads.</remarks>
public sealed class SampleRateConverterExporter : MachineExporter, IScatterGatherOperations
{
    private readonly ulong _size;

    private SampleRateConverterExporter(SoftwareMachine machine, PhysicalRange run)
        : base("sample-rate-converter", machine, [run])
    {
        _size = run.Length;
        Offers = OfferSource.Single(ScatterGatherMappingType.Offer(this));
    }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; }

    /// <summary>Allocates one run and exports it.</summary>
    /// <param name="machine">Whose RAM is used.</param>
    /// <param name="size">Bytes; a multiple of 4096, not zero.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; the last reference to go frees the run.</returns>
    /// <exception cref="DmaBufException">EINVAL: the size; ENOMEM: no such run is free. Else as <see cref="DmaBuffer.Export"/>.</exception>
    public static DmaBuffer Export(SoftwareMachine machine, ulong size, DmaBufferExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        PhysicalRange run = machine.Ram.AllocateContiguous(size);
        bool exported = false;
        try
        {
            DmaBuffer buffer = DmaBuffer.Export(new SampleRateConverterExporter(machine, run), size, options);
            exported = true;
            return buffer;
        }
        finally
        {
            if (!exported)
            {
                machine.Ram.Free(run);
            }
        }
    }

    /// <inheritdoc/>
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        try
        {
            return ScatterGatherTableBuilder.Build(attachment.Device, provider: null, Ranges, _size, direction);
        }
        catch (DmaBufException failure) when (failure.Errno == Errno.ENOMEM)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        ArgumentNullException.ThrowIfNull(backing);
        backing.Release();
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer) => Machine.Ram.Free(Ranges);
}
