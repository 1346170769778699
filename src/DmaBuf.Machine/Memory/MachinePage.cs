namespace DmaBuf.Machine;

/// <summary>
/// The machine's one page size. Allocation, storage and translation agree on it, so that a page is the unit in which anything can be wrong.
/// </summary>
/// <remarks>Stateless, safe for all threads.</remarks>
public static class MachinePage
{
    /// <summary>Bytes in a page.</summary>
    public const ulong Size = 4096;

    /// <summary>True if the value is a multiple of the page size.</summary>
    /// <param name="value">An address, a length or an offset; several joined by <c>|</c> are looked at together.</param>
    public static bool IsAligned(ulong value) => (value & (Size - 1)) == 0;

    /// <summary>True if the run consists of one or more whole pages and its exclusive end is a number that 64 bits can hold.</summary>
    /// <param name="start">The first address.</param>
    /// <param name="length">Bytes.</param>
    public static bool AreWhole(ulong start, ulong length) =>
        length != 0 && IsAligned(start) && IsAligned(length) && length <= ulong.MaxValue - start;
}
