namespace DmaBuf.Machine;

// Theory: a GPU that is shared out to virtual machines. Its physical function (PF) owns all memory, which its engines reach by device addresses; each virtual function (VF)
// shows a partition of it through an aperture, its BAR. The CPU, and devices on the bus, reach a partition by the VF's BAR. The PF does not: its own device has shorter ways,
// and the VF's bus address means nothing to it. What a byte of an aperture is to the PF says its partitioning table, which nobody else has.
//
// On this machine the bytes of a partition are those behind the VF's BAR; a device address is another name for them.

/// <summary>A GPU with virtual functions, as its physical function's driver sees it: the partitioning table, and the memory by device addresses.</summary>
/// <remarks>Safe for all threads.</remarks>
public sealed class PartitionedGpu
{
    private readonly Lock _lock = new();
    private readonly SoftwareMachine _machine;
    private readonly List<(PciBar Aperture, ulong Start)> _partitions = [];

    /// <summary>Makes the GPU, with no partition yet.</summary>
    /// <param name="machine">The machine that it is in.</param>
    /// <param name="physicalFunction">The function that owns all memory.</param>
    /// <exception cref="DmaBufException">EINVAL: another machine's function.</exception>
    public PartitionedGpu(SoftwareMachine machine, PciFunction physicalFunction)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(physicalFunction);
        if (!machine.PciFunctions.Contains(physicalFunction))
        {
            throw new DmaBufException(Errno.EINVAL, $"{physicalFunction} cannot be partitioned: it is another machine's.");
        }

        _machine = machine;
        PhysicalFunction = physicalFunction;
    }

    /// <summary>The function that owns all memory.</summary>
    public PciFunction PhysicalFunction { get; }

    internal SoftwareMachine Machine => _machine;

    /// <summary>Gives a virtual function a partition.</summary>
    /// <param name="aperture">The virtual function's BAR; as long as the partition.</param>
    /// <param name="start">Where the partition begins in the GPU's memory; a multiple of 4096.</param>
    /// <exception cref="DmaBufException">EINVAL: no BAR of a virtual function of this GPU, or not aligned; ENODEV: it is not enabled; EEXIST: the BAR has a partition, or the memory is another's.</exception>
    public void Provision(PciBar aperture, DeviceAddress start)
    {
        PhysicalRange whole = BarPart.Require(_machine, aperture, 0, aperture?.Range.Length ?? 0);
        if (aperture!.Function.PhysicalFunction != PhysicalFunction)
        {
            throw new DmaBufException(Errno.EINVAL, $"{aperture.Function} cannot have a partition: it is no virtual function of {PhysicalFunction}. Use a BAR of one.");
        }

        if (!MachinePage.AreWhole(start.Value, whole.Length))
        {
            throw new DmaBufException(Errno.EINVAL, $"A partition cannot begin at {start}: it must be a multiple of {MachinePage.Size}, and its end must not wrap.");
        }

        lock (_lock)
        {
            ulong end = start.Value + whole.Length;
            if (_partitions.Exists(other => other.Aperture == aperture || (start.Value < other.Start + other.Aperture.Range.Length && other.Start < end)))
            {
                throw new DmaBufException(Errno.EEXIST, $"{aperture.Function} cannot have a partition at {start}: it has one, or the memory is another's.");
            }

            _partitions.Add((aperture, start.Value));
        }
    }

    /// <summary>What a part of an aperture is to the GPU's own engines.</summary>
    /// <param name="aperture">The virtual function's BAR.</param>
    /// <param name="range">The part.</param>
    /// <exception cref="DmaBufException">ENOENT: the BAR shows no partition of this GPU; EINVAL: not inside the BAR.</exception>
    public DeviceAddress Translate(PciBar aperture, ApertureRange range)
    {
        ArgumentNullException.ThrowIfNull(aperture);
        lock (_lock)
        {
            int index = _partitions.FindIndex(one => one.Aperture == aperture);
            if (index < 0)
            {
                throw new DmaBufException(Errno.ENOENT, $"A BAR of {aperture.Function} shows no partition of {PhysicalFunction}. Provision it first.");
            }

            return range.Offset <= aperture.Range.Length && range.Length <= aperture.Range.Length - range.Offset
                ? new DeviceAddress(_partitions[index].Start + range.Offset)
                : throw new DmaBufException(Errno.EINVAL, $"0x{range.Length:x} bytes at 0x{range.Offset:x} are not inside the BAR of {aperture.Function}.");
        }
    }

    /// <summary>An engine of the physical function reads the GPU's memory.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <exception cref="DmaBufException">EFAULT: no partition is there, or not that far; nothing was read.</exception>
    public void Read(DeviceAddress address, Span<byte> destination) => _machine.Memory.Read(Find(address, destination.Length), destination);

    /// <summary>An engine of the physical function writes the GPU's memory.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="source">The bytes.</param>
    /// <exception cref="DmaBufException">EFAULT: no partition is there, or not that far; nothing was written.</exception>
    public void Write(DeviceAddress address, ReadOnlySpan<byte> source) => _machine.Memory.Write(Find(address, source.Length), source);

    /// <summary>True if the BAR shows a partition of this GPU.</summary>
    internal bool Has(PciBar aperture)
    {
        lock (_lock)
        {
            return _partitions.Exists(one => one.Aperture == aperture);
        }
    }

    private PhysicalAddress Find(DeviceAddress address, int length)
    {
        lock (_lock)
        {
            foreach ((PciBar aperture, ulong start) in _partitions)
            {
                ulong offset = address.Value - start;
                if (address.Value >= start && offset < aperture.Range.Length && (ulong)length <= aperture.Range.Length - offset)
                {
                    return new PhysicalAddress(aperture.Range.Start.Value + offset);
                }
            }
        }

        throw new DmaBufException(Errno.EFAULT, $"{PhysicalFunction} reached for {length} bytes at {address}, where it has no memory. Use addresses of its partitions.");
    }
}
