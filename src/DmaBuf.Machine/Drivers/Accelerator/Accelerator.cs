namespace DmaBuf.Machine;

/// <summary>An accelerator card: device memory in blocks behind one BAR, of which buffers are exported to peers.</summary>
/// <remarks>Safe for all threads.</remarks>
public sealed class Accelerator
{
    /// <summary>Bytes in one block of device memory.</summary>
    public const ulong BlockLength = 1 << 16;

    private readonly MemoryArea _memory;

    /// <summary>Takes a BAR over as the card's memory.</summary>
    /// <param name="machine">The machine that the BAR is of.</param>
    /// <param name="bar">The BAR; set up for peers, and used by nobody else.</param>
    /// <exception cref="DmaBufException">EINVAL: another machine's BAR; EOPNOTSUPP: not set up for peers.</exception>
    public Accelerator(SoftwareMachine machine, PciBar bar)
    {
        PhysicalRange whole = BarPart.Require(machine, bar, 0, bar?.Range.Length ?? 0);
        Machine = machine;
        Provider = bar!.Provider
            ?? throw new DmaBufException(Errno.EOPNOTSUPP, $"{bar.Function} cannot share its memory: its BAR was added without peer-to-peer. Add it with.");
        _memory = new MemoryArea(bar.Function.Name, whole);
    }

    /// <summary>The machine that the card is in.</summary>
    public SoftwareMachine Machine { get; }

    /// <summary>Bytes of device memory that buffers hold now.</summary>
    public ulong AllocatedBytes => _memory.AllocatedBytes;

    internal PeerToPeerProvider Provider { get; }

    /// <summary>Allocates device memory and exports it.</summary>
    /// <param name="blocks">How many blocks of <see cref="BlockLength"/>; not zero.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; the last reference to go frees the blocks.</returns>
    /// <exception cref="DmaBufException">EINVAL: no block; ENOMEM: not so many are free. Else as <see cref="DmaBuffer.Export"/>.</exception>
    public DmaBuffer Export(int blocks, DmaBufferExportOptions? options = null)
    {
        if (blocks <= 0)
        {
            throw new DmaBufException(Errno.EINVAL, $"{blocks} blocks of device memory cannot be exported. Ask for at least one.");
        }

        List<PhysicalRange> taken = [];
        bool exported = false;
        try
        {
            for (int index = 0; index < blocks; index++)
            {
                taken.Add(_memory.Allocate(BlockLength));
            }

            // Later blocks first, as a card that has run for a while would have it: an order that nobody may tacitly rely on.
            PhysicalRange[] order = [.. Enumerable.Reverse(taken)];
            ulong size = (ulong)blocks * BlockLength;
            DmaBuffer buffer = DmaBuffer.Export(new AcceleratorExporter(this, order, size), size, options);
            exported = true;
            return buffer;
        }
        finally
        {
            if (!exported)
            {
                FreeBlocks([.. taken]);
            }
        }
    }

    internal void FreeBlocks(ReadOnlySpan<PhysicalRange> blocks)
    {
        foreach (PhysicalRange block in blocks)
        {
            _memory.Free(block);
        }
    }
}
