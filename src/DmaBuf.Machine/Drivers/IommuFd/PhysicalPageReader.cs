namespace DmaBuf.Machine;

/// <summary>
/// Shows the walk through a physical address list by page index, starting anywhere (<c>pfn_reader</c> for DMA-bufs): where the list's entries begin and end does not matter
/// to the areas made of it.
/// </summary>
/// <remarks>
/// Theory: index n stands for byte <i>start offset + n × 4096</i> of the buffer. The reader keeps the entry it is in and that entry's <i>base</i>, the buffer offset of its
/// first byte, so that ascending reads cost one pass. Going back starts again at the first entry. The core has admitted the list, so the walk cannot leave it; if it does
/// all the same, it says EFAULT and never reads past the array (defect D-5).
/// Stays on the stack of one thread, over a list that is leased meanwhile.
/// </remarks>
public ref struct PhysicalPageReader
{
    private const ulong Page = PageFrameBatch.PageSize;

    private readonly ReadOnlySpan<PhysicalRange> _entries;
    private readonly PhysicalMemoryKind _kind;
    private readonly ulong _startOffset;
    private int _entry;
    private ulong _base;

    /// <summary>Makes a reader at the first entry.</summary>
    /// <param name="entries">The list, in the order of the buffer's bytes.</param>
    /// <param name="kind">What its pages are.</param>
    /// <param name="startOffset">The byte of the buffer at which page index 0 begins; a multiple of 4096.</param>
    public PhysicalPageReader(ReadOnlySpan<PhysicalRange> entries, PhysicalMemoryKind kind, ulong startOffset)
    {
        _entries = entries;
        _kind = kind;
        _startOffset = startOffset;
    }

    /// <summary>Adds pages to a batch until the batch is full or the last page is in it.</summary>
    /// <param name="batch">Receives the runs, behind what it holds.</param>
    /// <param name="first">The first page index.</param>
    /// <param name="last">The last page index, inclusive.</param>
    /// <returns>The index of the first page that is not in the batch.</returns>
    /// <exception cref="DmaBufException">EFAULT: the list ends before the last page; what was added stays in the batch.</exception>
    public ulong Fill(PageFrameBatch batch, ulong first, ulong last)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ulong index = first;
        while (index <= last)
        {
            ulong offset = Seek(index);
            PhysicalRange entry = _entries[_entry];
            ulong available = Math.Min((entry.Length - offset) / Page, uint.MaxValue);
            uint pages = (uint)Math.Min(available, last - index + 1);
            if (pages == 0 || !batch.TryAdd((entry.Start.Value + offset) / Page, pages, _kind))
            {
                break;
            }

            index += pages;
        }

        return index;
    }

    /// <summary>Goes to the entry of a page, and gives the page's offset in it.</summary>
    private ulong Seek(ulong index)
    {
        ulong target = _startOffset + (index * Page);
        if (target < _base)
        {
            (_entry, _base) = (0, 0);
        }

        while (_entry < _entries.Length && target - _base >= _entries[_entry].Length)
        {
            _base += _entries[_entry].Length;
            _entry++;
        }

        return _entry < _entries.Length
            ? target - _base
            : throw new DmaBufException(
                Errno.EFAULT,
                $"Reading page {index} at offset 0x{target:x} of a physical address list failed: its {_entries.Length} entries have 0x{_base:x} bytes. Map a part that the list covers.");
    }
}
