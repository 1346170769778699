namespace DmaBuf.Machine;

/// <summary>
/// Shows a heap over the page allocator: buffers are put together of chunks that lie anywhere in RAM, the largest first. Mirrors <c>system_heap.c</c>, whose chunks
/// are of 1 MiB, 64 KiB and one page; patch 07. <see cref="RamExporter"/> is the same without a heap around it, and always of single pages.
/// </summary>
/// <remarks>Safe for all threads.</remarks>
/// <param name="machine">Whose RAM is handed out.</param>
public sealed class SystemHeap(SoftwareMachine machine) : DmaHeap("system", machine)
{
    private static readonly ulong[] s_chunks = [1 << 20, 1 << 16, MachinePage.Size];

    /// <inheritdoc/>
    protected override PhysicalRange[] AllocateRanges(ulong size)
    {
        List<PhysicalRange> ranges = [];
        try
        {
            foreach (ulong chunk in s_chunks)
            {
                ulong fit = size - (size % chunk);
                if (fit != 0)
                {
                    ranges.AddRange(Machine.Ram.AllocateScattered(fit, chunk));
                    size -= fit;
                }
            }

            return [.. ranges];
        }
        catch (DmaBufException)
        {
            Machine.Ram.Free([.. ranges]);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void FreeRanges(ReadOnlySpan<PhysicalRange> ranges) => Machine.Ram.Free(ranges);
}
