namespace DmaBuf.Machine;

/// <summary>
/// Shows a driver whose buffers exist for its own programs alone: every attach of a device is refused. Mirrors vmwgfx as patch 08 leaves it: a match callback that
/// always says EOPNOTSUPP, and neither attach nor map operations; before, attach said ENOSYS (D-20).
/// </summary>
/// <remarks>The refusal reaches the caller unchanged, with its reason: it is not "nothing in common". Safe for all threads.</remarks>
public sealed class UnshareableExporter : MachineExporter
{
    private UnshareableExporter(SoftwareMachine machine, ReadOnlySpan<PhysicalRange> ranges)
        : base("hypervisor-gpu", machine, ranges)
    {
    }

    /// <inheritdoc/>
    protected override OfferSource Offers { get; } = OfferSource.Computed(
        static _ => OfferAnswer.Refuse(Errno.EOPNOTSUPP, "the hypervisor's graphics memory cannot be mapped by other devices"));

    /// <summary>Allocates a buffer that only its driver reaches.</summary>
    /// <param name="machine">Whose RAM is used.</param>
    /// <param name="size">Bytes; a multiple of 4096, not zero.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; the last reference to go frees the pages.</returns>
    /// <exception cref="DmaBufException">EINVAL: the size; ENOMEM: no such RAM is free. Else as <see cref="DmaBuffer.Export"/>.</exception>
    public static DmaBuffer Export(SoftwareMachine machine, ulong size, DmaBufferExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        PhysicalRange[] pages = machine.Ram.AllocateScattered(size);
        bool exported = false;
        try
        {
            DmaBuffer buffer = DmaBuffer.Export(new UnshareableExporter(machine, pages), size, options);
            exported = true;
            return buffer;
        }
        finally
        {
            if (!exported)
            {
                machine.Ram.Free(pages);
            }
        }
    }

    /// <inheritdoc/>
    protected override void OnRelease(DmaBuffer buffer) => Machine.Ram.Free(Ranges);
}
