namespace DmaBuf.Machine;

/// <summary>
/// Shows how the simplest drivers are written: a heap that hands out buffers of zeroed RAM to whoever asks. Mirrors <c>dma-heap.c</c> and the rules of
/// <c>DMA_HEAP_IOCTL_ALLOC</c>; what a buffer then offers is <see cref="HeapExporter"/>'s (patch 07).
/// </summary>
/// <remarks>A heap says where pages come from and where they go; this class does the rest. Safe for all threads.</remarks>
public abstract class DmaHeap
{
    /// <summary>Makes a heap.</summary>
    /// <param name="name">The name that its device node would have; exporters show it.</param>
    /// <param name="machine">Whose memory it hands out.</param>
    protected DmaHeap(string name, SoftwareMachine machine)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(machine);
        Name = name;
        Machine = machine;
    }

    /// <summary>The name that its device node would have.</summary>
    public string Name { get; }

    /// <summary>Whose memory it hands out.</summary>
    public SoftwareMachine Machine { get; }

    /// <summary>Allocates a buffer of zeroed memory.</summary>
    /// <param name="length">Bytes; rounded up to whole pages. Not zero.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; the last reference to go gives the memory back to the heap.</returns>
    /// <exception cref="DmaBufException">EINVAL: no length; ENOMEM: the heap has no such memory. Else as <see cref="DmaBuffer.Export"/>.</exception>
    public DmaBuffer Allocate(ulong length, DmaBufferExportOptions? options = null)
    {
        if (length == 0)
        {
            throw new DmaBufException(Errno.EINVAL, $"Heap {Name} was asked for no bytes. Ask for at least one.");
        }

        if (length > ulong.MaxValue - (MachinePage.Size - 1))
        {
            throw new DmaBufException(Errno.ENOMEM, $"Heap {Name} was asked for 0x{length:x} bytes; no machine has so many.");
        }

        ulong size = (length + (MachinePage.Size - 1)) & ~(MachinePage.Size - 1);
        PhysicalRange[] ranges = AllocateRanges(size);
        bool exported = false;
        try
        {
            DmaBuffer buffer = DmaBuffer.Export(new HeapExporter(this, ranges, size), size, options);
            exported = true;
            return buffer;
        }
        finally
        {
            if (!exported)
            {
                FreeRanges(ranges);
            }
        }
    }

    internal void Reclaim(ReadOnlySpan<PhysicalRange> ranges) => FreeRanges(ranges);

    /// <summary>Takes memory for one buffer.</summary>
    /// <param name="size">Bytes; whole pages, not zero.</param>
    /// <returns>Zeroed ranges in the order of the buffer's bytes, of that size together.</returns>
    /// <exception cref="DmaBufException">ENOMEM: there is none; nothing was taken.</exception>
    protected abstract PhysicalRange[] AllocateRanges(ulong size);

    /// <summary>Takes one buffer's ranges back. Must not throw.</summary>
    /// <param name="ranges">As they were allocated.</param>
    protected abstract void FreeRanges(ReadOnlySpan<PhysicalRange> ranges);
}
