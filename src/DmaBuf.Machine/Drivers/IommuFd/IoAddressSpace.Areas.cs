namespace DmaBuf.Machine;

/// <content>Areas: their interval is taken first, then they get pages and are filled, and unmapping goes the same way back.</content>
public sealed partial class IoAddressSpace
{
    private bool _destroyed;

    /// <summary>Where areas may be put: checks the addresses, and takes them with areas that have no pages yet.</summary>
    /// <param name="fixedStart">The first address; null: chosen here.</param>
    /// <param name="source">What an automatic address takes its alignment from.</param>
    /// <param name="pieces">Length, offset in the pages and permissions of each area; the areas lie one behind the other.</param>
    /// <exception cref="DmaBufException">EINVAL: not aligned, or reserved; EEXIST: an area is there; ENOSPC: no such addresses are free; EOVERFLOW: they wrap.</exception>
    internal IoArea[] Take(ulong? fixedStart, ulong source, IReadOnlyList<(ulong Length, ulong ByteOffset, IoMapOptions Permissions)> pieces)
    {
        ulong length = pieces.Aggregate(0UL, static (sum, piece) => sum + piece.Length);
        lock (_lock)
        {
            ulong at = fixedStart is { } start ? RequireFree(start, length) : Choose(length, source);
            List<IoArea> taken = [];
            foreach ((ulong pieceLength, ulong byteOffset, IoMapOptions permissions) in pieces)
            {
                taken.Add(new IoArea(at, pieceLength, byteOffset, permissions));
                at += pieceLength;
            }

            if (taken.Find(area => !area.IsAlignedTo(AlignmentLocked())) is { } odd)
            {
                throw Refused(Errno.EINVAL, odd.Start, length, $"address, length and offset must be multiples of {AlignmentLocked()}");
            }

            taken.ForEach(_areas.Add);
            return [.. taken];
        }
    }

    /// <summary>Gives taken areas their pages and fills them in every domain; on failure they are as before.</summary>
    /// <param name="areas">From <see cref="Take"/>.</param>
    /// <param name="pages">One for each; the area becomes a user of it.</param>
    internal void Complete(IoArea[] areas, IReadOnlyList<IoPages> pages)
    {
        lock (_lock)
        {
            if (_destroyed)
            {
                throw Refused(Errno.ENOENT, areas[0].Start, areas[0].Length, "the address space was destroyed meanwhile");
            }

            // A domain that was added since the interval was taken has looked at the area's boundaries.
            for (int index = 0; index < areas.Length; index++)
            {
                areas[index].Pages = pages[index];
            }

            bool filled = false;
            try
            {
                FillAll([.. _domains.SelectMany(domain => areas.Select(area => (area, domain)))]);
                foreach (IoPages one in pages)
                {
                    one.AddUser();
                }

                filled = true;
            }
            finally
            {
                if (!filled)
                {
                    Array.ForEach(areas, static area => area.Pages = null);
                }
            }
        }
    }

    /// <summary>Gives the interval of areas back that were not completed.</summary>
    internal void Abandon(IoArea[] areas)
    {
        lock (_lock)
        {
            Array.ForEach(areas, _areas.Remove);
        }
    }

    /// <summary>What shows in an interval without a gap: for each area its pages, of which the caller becomes a user, and the part.</summary>
    /// <exception cref="DmaBufException">ENOENT: a gap, or an area that is still being imported.</exception>
    internal List<(IoPages Pages, ulong Length, ulong ByteOffset)> Share(ulong start, ulong length)
    {
        ulong last = start + (length - 1);
        List<(IoPages Pages, ulong Length, ulong ByteOffset)> parts = [];
        lock (_lock)
        {
            ulong at = start;
            foreach (IoArea area in _areas.Touching(start, last))
            {
                if (area.Start > at || area.Pages is not { } pages)
                {
                    break;
                }

                ulong end = Math.Min(area.Last, last);
                parts.Add((pages, end - at + 1, area.ByteOffset + (at - area.Start)));
                at = end + 1;
            }

            if (parts.Count == 0 || at != last + 1)
            {
                throw Refused(Errno.ENOENT, start, length, $"nothing is mapped at 0x{at:x}");
            }

            parts.ForEach(static part => part.Pages.AddUser());
            return parts;
        }
    }

    /// <summary>Removes every area in an interval and gives their pages for the caller to drop, once no lock is held.</summary>
    /// <param name="start">The first address.</param>
    /// <param name="length">Bytes; 2^64-1 from address 0 means everything.</param>
    /// <param name="removed">Bytes that were mapped.</param>
    /// <exception cref="DmaBufException">EINVAL: length 0; EOVERFLOW; ENOENT: nothing there, or an area is cut; EBUSY: one is being imported. Nothing has changed then.</exception>
    internal List<IoPages> Remove(ulong start, ulong length, out ulong removed)
    {
        bool everything = start == 0 && length == ulong.MaxValue;
        if (!everything && (start == ulong.MaxValue || length == ulong.MaxValue))
        {
            throw Refused(Errno.EOVERFLOW, start, length, "address or length is the largest number there is");
        }

        if (length == 0)
        {
            throw Refused(Errno.EINVAL, start, length, "the length is zero");
        }

        RequireNoWrap(start, length);
        lock (_lock)
        {
            IReadOnlyList<IoArea> found = everything
                ? [.. _areas.All.Where(static area => area.Pages is not null)]
                : RequireWhole(start, length);
            removed = found.Aggregate(0UL, static (sum, area) => sum + area.Length);
            return EmptyLocked(found);
        }
    }

    /// <summary>Removes everything for good; an import that is under way fails. Gives the pages for the caller to drop, once no lock is held.</summary>
    internal List<IoPages> Destroy()
    {
        lock (_lock)
        {
            _destroyed = true;
            List<IoPages> pages = EmptyLocked([.. _areas.All.Where(static area => area.Pages is not null)]);
            _domains.Clear();
            return pages;
        }
    }

    internal void RequireNoWrap(ulong start, ulong length)
    {
        if (length - 1 > ulong.MaxValue - start)
        {
            throw Refused(Errno.EOVERFLOW, start, length, "the end wraps");
        }
    }

    internal DmaBufException Refused(Errno errno, ulong start, ulong length, string why) => new(
        errno, $"A call on 0x{length:x} bytes at 0x{start:x} of address space {Id} was refused: {why}. Choose other addresses, or look at what is mapped.");

    private List<IoPages> EmptyLocked(IReadOnlyList<IoArea> areas)
    {
        List<IoPages> pages = [];
        foreach (IoArea area in areas)
        {
            _domains.ForEach(domain => area.Pages!.Unfill(area, domain));
            _areas.Remove(area);
            pages.Add(area.Pages!);
        }

        return pages;
    }

    private IReadOnlyList<IoArea> RequireWhole(ulong start, ulong length)
    {
        ulong last = start + (length - 1);
        IReadOnlyList<IoArea> found = _areas.Touching(start, last);
        if (found.Count == 0 || found.Any(area => area.Start < start || area.Last > last))
        {
            throw Refused(Errno.ENOENT, start, length, found.Count == 0 ? "nothing is mapped there" : "the range cuts an area");
        }

        return found.All(static area => area.Pages is not null) ? found : throw Refused(Errno.EBUSY, start, length, "an area is still being imported");
    }

    private ulong RequireFree(ulong start, ulong length)
    {
        ulong alignment = AlignmentLocked();
        if (((start | length) & (alignment - 1)) != 0)
        {
            throw Refused(Errno.EINVAL, start, length, $"address and length must be multiples of {alignment}");
        }

        RequireNoWrap(start, length);
        ulong last = start + (length - 1);
        if (_rules.IsReserved(start, last, out _))
        {
            throw Refused(Errno.EINVAL, start, length, "some of it is reserved");
        }

        return _areas.IsFree(start, last, out _) ? start : throw Refused(Errno.EEXIST, start, length, "an area is there");
    }

    private ulong Choose(ulong length, ulong source)
    {
        ulong wanted = AlignmentLocked();
        ulong alignment = IovaRules.AlignmentFor(length, source);
        if (alignment < wanted || (length & (wanted - 1)) != 0)
        {
            throw Refused(Errno.EINVAL, 0, length, $"length and offset must be multiples of {wanted}");
        }

        return _rules.TryFind(_areas, length, alignment, out ulong start)
            ? start
            : throw Refused(Errno.ENOSPC, 0, length, "no such run of addresses is free");
    }
}
