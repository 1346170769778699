namespace DmaBuf.Machine;

/// <summary>A part of a BAR that can be exported: whole pages, inside, and of this machine. For exporters, so that all refuse the same with the same words.</summary>
/// <remarks>Stateless, safe for all threads.</remarks>
public static class BarPart
{
    /// <summary>Checks a part of a BAR.</summary>
    /// <param name="machine">The machine that the BAR must be of.</param>
    /// <param name="bar">The BAR.</param>
    /// <param name="offset">The first byte, counted from the BAR's start; a multiple of 4096.</param>
    /// <param name="length">Bytes; a multiple of 4096, not zero.</param>
    /// <returns>Where the part lies.</returns>
    /// <exception cref="DmaBufException">
    /// EINVAL: not whole pages inside the BAR, or a BAR of another machine; EOPNOTSUPP: registers, or it may not be mapped; ENODEV: removed.
    /// </exception>
    public static PhysicalRange Require(SoftwareMachine machine, PciBar? bar, ulong offset, ulong length)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(bar);
        bool inside = length != 0 && MachinePage.IsAligned(offset | length) && offset <= bar.Range.Length && length <= bar.Range.Length - offset;
        if (bar.Registers is not null && !bar.Options.ExportRegisters)
        {
            throw new DmaBufException(
                Errno.EOPNOTSUPP,
                $"A BAR of {bar.Function} cannot be exported: registers are behind it, not memory. Ask for it with {nameof(PciBarOptions.ExportRegisters)}.");
        }

        if (!bar.Options.Mappable || bar.Function.IsRemoved)
        {
            throw new DmaBufException(
                bar.Function.IsRemoved ? Errno.ENODEV : Errno.EOPNOTSUPP,
                $"A BAR of {bar.Function} cannot be exported: {(bar.Function.IsRemoved ? "the function was removed" : "it may not be mapped")}. Use another BAR.");
        }

        return inside && machine.PciFunctions.Contains(bar.Function)
            ? new PhysicalRange(new PhysicalAddress(bar.Range.Start.Value + offset), length)
            : throw new DmaBufException(
                Errno.EINVAL,
                $"0x{length:x} bytes at 0x{offset:x} of a BAR of {bar.Function} cannot be exported: it has 0x{bar.Range.Length:x} bytes. Choose whole pages inside it, and a " +
                "BAR of this machine.");
    }
}
