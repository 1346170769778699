namespace DmaBuf.Machine;

/// <summary>
/// Shows the installation of one area in one domain (<c>batch_to_domain</c>): batch by batch, the first page entered and the last one left in the middle where the area
/// says so, and after a failure nothing of it left.
/// </summary>
/// <remarks>Stays on the stack of one thread, which holds the pages object's lock.</remarks>
internal ref struct DomainFill
{
    private readonly IoArea _area;
    private readonly IIommuDomain _domain;
    private readonly bool _hugePages;
    private ulong _done;

    internal DomainFill(IoArea area, IIommuDomain domain, bool hugePages)
    {
        _area = area;
        _domain = domain;
        _hugePages = hugePages;
    }

    /// <exception cref="DmaBufException">EFAULT: the list is short; EINVAL: it makes no progress; else the domain's. Nothing is installed then.</exception>
    internal void Run(scoped PhysicalPageReader reader, PageFrameBatch batch)
    {
        bool filled = false;
        try
        {
            for (ulong index = _area.FirstPage; index <= _area.LastPage;)
            {
                batch.Clear();
                index = reader.Fill(batch, index, _area.LastPage);
                if (batch.TotalPages == 0)
                {
                    throw new DmaBufException(Errno.EINVAL, $"Page {index} of an area at 0x{_area.Start:x} could not be read: its entry has less than a page.");
                }

                Install(batch);
            }

            filled = true;
        }
        finally
        {
            // Only what this call installed: behind it may lie what made the domain refuse.
            if (!filled && _done != 0)
            {
                _domain.Unmap(new DmaRange(new DmaAddress(_area.Start), _done));
            }
        }
    }

    private void Install(PageFrameBatch batch)
    {
        DmaAttributes attributes = batch.Kind == PhysicalMemoryKind.Mmio ? DmaAttributes.Mmio : DmaAttributes.None;
        for (int index = 0; index < batch.Count; index++)
        {
            (ulong frame, uint pages) = batch[index];
            ulong skip = _done == 0 ? _area.ByteOffset % PageFrameBatch.PageSize : 0;
            ulong physical = (frame * PageFrameBatch.PageSize) + skip;
            ulong left = Math.Min((pages * PageFrameBatch.PageSize) - skip, _area.Length - _done);
            while (left != 0)
            {
                ulong piece = _hugePages ? left : Math.Min(left, PageFrameBatch.PageSize - (physical % PageFrameBatch.PageSize));
                _domain.Map(
                    new DmaAddress(_area.Start + _done), new PhysicalRange(new PhysicalAddress(physical), piece), _area.Direction, attributes);
                _done += piece;
                physical += piece;
                left -= piece;
            }
        }
    }
}
