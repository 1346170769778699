namespace DmaBuf.Machine;

/// <summary>A part of a BAR that can be exported: whole pages, inside, and of this machine.</summary>
internal static class BarPart
{
    /// <exception cref="DmaBufException">EINVAL: not whole pages inside the BAR, or a BAR of another machine.</exception>
    internal static PhysicalRange Require(SoftwareMachine machine, PciBar bar, ulong offset, ulong length)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(bar);
        bool inside = length != 0 && MachinePage.IsAligned(offset | length) && offset <= bar.Range.Length && length <= bar.Range.Length - offset;
        return inside && machine.PciFunctions.Contains(bar.Function)
            ? new PhysicalRange(new PhysicalAddress(bar.Range.Start.Value + offset), length)
            : throw new DmaBufException(
                Errno.EINVAL,
                $"0x{length:x} bytes at 0x{offset:x} of a BAR of {bar.Function} cannot be exported: it has 0x{bar.Range.Length:x} bytes. Choose whole pages inside it, and a " +
                "BAR of this machine.");
    }
}
