namespace DmaBuf.Machine;

/// <summary>
/// One area of physical memory that a driver hands out in runs, first fit: a contiguous heap's reserve, a device's memory behind its BAR. It knows addresses alone;
/// bytes are the machine's.
/// </summary>
/// <remarks>Safe for calls from several threads. Its lock is a leaf.</remarks>
public sealed class MemoryArea
{
    private readonly Lock _lock = new();
    private readonly string _name;
    private readonly SortedList<ulong, ulong> _taken = []; // first address → length
    private ulong _allocated;

    /// <summary>Makes the area, all of it free.</summary>
    /// <param name="name">For messages; not blank.</param>
    /// <param name="range">What is handed out; whole pages. The caller has the right to it for as long as the area is used.</param>
    /// <exception cref="DmaBufException">EINVAL: not whole pages.</exception>
    public MemoryArea(string name, PhysicalRange range)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!MachinePage.AreWhole(range.Start.Value, range.Length))
        {
            throw new DmaBufException(Errno.EINVAL, $"{name} cannot hand out {range}: it must be whole pages of {MachinePage.Size} bytes and must not wrap.");
        }

        _name = name;
        Range = range;
    }

    /// <summary>What is handed out.</summary>
    public PhysicalRange Range { get; }

    /// <summary>Bytes that are handed out now.</summary>
    public ulong AllocatedBytes => Volatile.Read(ref _allocated);

    /// <summary>Hands out the lowest run that fits. Its bytes are what was there before.</summary>
    /// <param name="length">Bytes; a multiple of 4096, not zero.</param>
    /// <param name="alignment">The start is a multiple of it; a power of two of at least 4096.</param>
    /// <returns>The run; give it back with <see cref="Free"/>.</returns>
    /// <exception cref="DmaBufException">EINVAL: length or alignment; ENOMEM: no run of that length is free.</exception>
    public PhysicalRange Allocate(ulong length, ulong alignment = MachinePage.Size)
    {
        if (length == 0 || !MachinePage.IsAligned(length) || !ulong.IsPow2(alignment) || alignment < MachinePage.Size)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{_name} cannot hand out 0x{length:x} bytes at multiples of 0x{alignment:x}: lengths are whole pages, alignments powers of two of at least {MachinePage.Size}.");
        }

        lock (_lock)
        {
            ulong start = AlignUp(Range.Start.Value, alignment);
            foreach ((ulong taken, ulong takenLength) in _taken)
            {
                if (start < taken && length <= taken - start)
                {
                    break;
                }

                start = Math.Max(start, AlignUp(taken + takenLength, alignment));
            }

            ulong end = Range.Start.Value + Range.Length;
            if (start < Range.Start.Value || start >= end || length > end - start)
            {
                throw new DmaBufException(
                    Errno.ENOMEM, $"{_name} has no run of 0x{length:x} bytes: 0x{_allocated:x} of 0x{Range.Length:x} are taken. Free some, or ask for less.");
            }

            _taken.Add(start, length);
            _allocated += length;
            return new PhysicalRange(new PhysicalAddress(start), length);
        }
    }

    /// <summary>Takes a run back.</summary>
    /// <param name="run">As it was handed out.</param>
    /// <exception cref="DmaBufException">EINVAL: it was not handed out, or came back before; nothing changed.</exception>
    public void Free(PhysicalRange run)
    {
        lock (_lock)
        {
            if (!_taken.TryGetValue(run.Start.Value, out ulong length) || length != run.Length)
            {
                throw new DmaBufException(Errno.EINVAL, $"{run} cannot be given back to {_name}: it was not handed out so. Give each run back once, and whole.");
            }

            _taken.Remove(run.Start.Value);
            _allocated -= length;
        }
    }

    private static ulong AlignUp(ulong address, ulong alignment) => unchecked(address + (alignment - 1)) & ~(alignment - 1);
}
