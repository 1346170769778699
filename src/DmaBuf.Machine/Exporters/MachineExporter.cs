namespace DmaBuf.Machine;

/// <summary>
/// What the exporters of a <see cref="SoftwareMachine"/> have in common: ranges of its physical memory that are the buffer's bytes, and the driver's own view of
/// them. What they offer is left to each: read <see cref="RamExporter"/> first.
/// </summary>
/// <remarks>
/// Theory: a driver reaches its memory by right, without attaching; everybody else has to negotiate. <see cref="Read"/> and <see cref="Write"/> are the driver's way, so
/// that a demonstration or a test can say what an importer must find. Safe for calls from several threads; accesses to the same bytes race as on real memory.
/// </remarks>
public abstract class MachineExporter : DmaBufferExporter
{
    private readonly PhysicalRange[] _ranges;

    /// <summary>Makes an exporter of ranges that it owns, or has the right to, until the buffer is released.</summary>
    /// <param name="name">The name that dumps and failures show; not blank.</param>
    /// <param name="machine">The machine that the memory is of.</param>
    /// <param name="ranges">In the order of the buffer's bytes; copied.</param>
    protected MachineExporter(string name, SoftwareMachine machine, ReadOnlySpan<PhysicalRange> ranges)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(machine);
        Machine = machine;
        _ranges = ranges.ToArray();
    }

    /// <summary>The machine that the memory is of.</summary>
    public SoftwareMachine Machine { get; }

    /// <summary>Where the buffer lies, in the order of its bytes. For the exporter alone: importers get what they negotiated.</summary>
    protected ReadOnlySpan<PhysicalRange> Ranges => _ranges;

    /// <summary>Reads the buffer as its driver does.</summary>
    /// <param name="offset">The first byte, counted from the buffer's start.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer; nothing was read.</exception>
    public void Read(ulong offset, Span<byte> destination)
    {
        RequireInside(offset, destination.Length, "read");
        foreach (PhysicalRange range in _ranges)
        {
            if (TryTakePiece(range, ref offset, destination.Length, out PhysicalAddress address, out int count))
            {
                Machine.Memory.Read(address, destination[..count]);
                destination = destination[count..];
            }
        }
    }

    /// <summary>Writes the buffer as its driver does.</summary>
    /// <param name="offset">The first byte, counted from the buffer's start.</param>
    /// <param name="source">The bytes to write.</param>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer; nothing was written.</exception>
    public void Write(ulong offset, ReadOnlySpan<byte> source)
    {
        RequireInside(offset, source.Length, "written");
        foreach (PhysicalRange range in _ranges)
        {
            if (TryTakePiece(range, ref offset, source.Length, out PhysicalAddress address, out int count))
            {
                Machine.Memory.Write(address, source[..count]);
                source = source[count..];
            }
        }
    }

    // The offset is counted from the range's start, and on return from the next one's. False: the piece does not touch this range.
    private static bool TryTakePiece(PhysicalRange range, ref ulong offset, int wanted, out PhysicalAddress address, out int count)
    {
        if (wanted == 0 || offset >= range.Length)
        {
            offset -= Math.Min(offset, range.Length);
            (address, count) = (default, 0);
            return false;
        }

        address = new PhysicalAddress(range.Start.Value + offset);
        count = (int)Math.Min(range.Length - offset, (ulong)wanted);
        offset = 0;
        return true;
    }

    private void RequireInside(ulong offset, int length, string what)
    {
        ulong size = _ranges.Aggregate(0UL, static (sum, range) => sum + range.Length);
        if (offset > size || (ulong)length > size - offset)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"{length} bytes at {offset} of {Name}'s memory could not be {what}: it has {size} bytes. Stay inside.");
        }
    }
}
