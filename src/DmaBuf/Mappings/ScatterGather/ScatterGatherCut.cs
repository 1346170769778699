namespace DmaBuf;

/// <summary>
/// Writes runs of addresses into the entries of a table for a device with <see cref="DmaSegmentLimits"/>: piece by piece, each as long as they permit. Where there
/// are none, <see cref="ScatterGatherFill"/> is faster.
/// </summary>
internal static class ScatterGatherCut
{
    /// <summary>The number of entries that the runs need.</summary>
    /// <param name="runs">Page aligned, none empty.</param>
    /// <param name="offset">What is added to each address, modulo 2^64, before it is a DMA address.</param>
    /// <param name="limits">The device's.</param>
    internal static ulong Count(ReadOnlySpan<AddressRun> runs, ulong offset, DmaSegmentLimits limits)
    {
        ulong count = 0;
        foreach (AddressRun run in runs)
            count += limits.CountPieces(run.Start + offset, run.Length);
        return count;
    }

    /// <summary>Fills <paramref name="entries"/>, which are exactly as many as counted.</summary>
    internal static void Fill(ReadOnlySpan<AddressRun> runs, Span<ScatterGatherEntry> entries, ulong offset, DmaSegmentLimits limits)
    {
        int next = 0;
        foreach (AddressRun run in runs)
        {
            ulong address = run.Start + offset;
            for (ulong remaining = run.Length; remaining != 0;)
            {
                uint piece = limits.PieceAt(address, remaining);
                entries[next++] = new ScatterGatherEntry(new DmaAddress(address), piece);
                remaining -= piece;
                address += piece;
            }
        }
    }
}
