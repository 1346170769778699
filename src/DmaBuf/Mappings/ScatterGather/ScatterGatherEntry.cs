using System.Runtime.InteropServices;

namespace DmaBuf;

/// <summary>
/// One run of DMA addresses in a <see cref="ScatterGatherTable"/>: the DMA half of the kernel's <c>struct scatterlist</c>. There is no CPU half,
/// thus no page that an importer could touch by mistake.
/// </summary>
/// <param name="Address">The first byte as the importing device addresses it; page aligned.</param>
/// <param name="Length">The length in bytes; page aligned, at most <see cref="ScatterGatherTable.MaximumEntryLength"/>.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ScatterGatherEntry(DmaAddress Address, uint Length)
{
    /// <summary>The entry as <c>[0xaddress, +0xlength)</c>.</summary>
    public override string ToString() => $"[{Address}, +0x{Length:x})";
}
