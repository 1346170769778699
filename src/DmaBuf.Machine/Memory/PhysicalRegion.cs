namespace DmaBuf.Machine;

/// <summary>One piece of the physical address space and what is behind it: bytes, or a device's registers.</summary>
/// <remarks>Safe for all threads. A BAR's function is entered for the time of each access, so that its removal can wait for it.</remarks>
internal sealed class PhysicalRegion(PhysicalRange range, PhysicalMemoryKind kind, int? numaNode, PciBar? bar = null)
{
    public ulong Start => range.Start.Value;

    /// <summary>The first address behind the region.</summary>
    public ulong End => range.Start.Value + range.Length;

    public PhysicalRange Range => range;

    public PhysicalMemoryKind Kind => kind;

    /// <summary>RAM has one; a BAR has its function's, which may be none.</summary>
    public int? NumaNode => numaNode;

    public SparseBytes Bytes { get; } = new(range.Length);

    public bool Contains(ulong address) => address >= Start && address < End;

    /// <exception cref="RemovedTargetException">The BAR's function was removed.</exception>
    public void Read(ulong address, Span<byte> destination)
    {
        if (bar is null)
        {
            Bytes.Read(address - Start, destination);
            return;
        }

        Enter(bar.Function, address);
        try
        {
            if (bar.Registers is { } registers)
            {
                PciRegisterAccess.Read(registers, address - Start, destination);
            }
            else
            {
                Bytes.Read(address - Start, destination);
            }
        }
        finally
        {
            bar.Function.Presence.Gate.Leave();
        }
    }

    /// <exception cref="RemovedTargetException">The BAR's function was removed.</exception>
    public void Write(ulong address, ReadOnlySpan<byte> source)
    {
        if (bar is null)
        {
            Bytes.Write(address - Start, source);
            return;
        }

        Enter(bar.Function, address);
        try
        {
            if (bar.Registers is { } registers)
            {
                PciRegisterAccess.Write(registers, address - Start, source);
            }
            else
            {
                Bytes.Write(address - Start, source);
            }
        }
        finally
        {
            bar.Function.Presence.Gate.Leave();
        }
    }

    private static void Enter(PciFunction function, ulong address)
    {
        if (!function.Presence.Gate.TryEnter())
        {
            throw new RemovedTargetException(new PhysicalAddress(address), function);
        }
    }
}
