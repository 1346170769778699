namespace DmaBuf.Machine;

/// <summary>Where a command's data are: pages, as every controller takes them, or a list of any ranges.</summary>
/// <remarks>Immutable, safe for all threads. Whoever submits it keeps its memory mapped until the command has ended.</remarks>
public sealed class NvmeDataPointer
{
    /// <summary>Bytes of the controller's memory page (<c>CC.MPS</c> = 0).</summary>
    public const ulong PageSize = 4096;

    private NvmeDataPointer(DmaRangeList entries, bool isPages) => (Entries, IsPages) = (entries, isPages);

    /// <summary>What the controller walks.</summary>
    public DmaRangeList Entries { get; }

    /// <summary>Whether each entry lies in one page (PRP), or may be anything (SGL).</summary>
    public bool IsPages { get; }

    /// <summary>Physical region pages: the list is cut at pages (<c>nvme_pci_setup_data_prp</c>).</summary>
    /// <param name="list">Only its first range may begin, and only its last may end, inside a page.</param>
    /// <exception cref="DmaBufException">EINVAL: another range does. Nothing was made; an SGL takes it.</exception>
    public static NvmeDataPointer Pages(DmaRangeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        ReadOnlySpan<DmaRange> ranges = list.Ranges;
        List<DmaRange> pages = [];
        for (int index = 0; index < ranges.Length; index++)
        {
            ulong start = ranges[index].Start.Value;
            ulong end = start + ranges[index].Length;
            if ((index != 0 && start % PageSize != 0) || (index != ranges.Length - 1 && end % PageSize != 0))
            {
                throw new DmaBufException(
                    Errno.EINVAL, $"{list} cannot be told to a controller in pages: {ranges[index]} begins or ends inside a page in the middle of the list. Use {nameof(List)}.");
            }

            while (start < end)
            {
                ulong next = Math.Min(end, (start / PageSize * PageSize) + PageSize);
                pages.Add(new DmaRange(new DmaAddress(start), next - start));
                start = next;
            }
        }

        return new NvmeDataPointer(new DmaRangeList([.. pages]), isPages: true);
    }

    /// <summary>A scatter/gather list, as it is (<c>nvme_pci_setup_data_sgl</c>).</summary>
    /// <param name="list">Any ranges.</param>
    public static NvmeDataPointer List(DmaRangeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return new NvmeDataPointer(list, isPages: false);
    }
}
