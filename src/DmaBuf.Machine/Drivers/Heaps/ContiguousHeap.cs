namespace DmaBuf.Machine;

/// <summary>
/// Shows a heap over an area that was set aside when the machine started: each buffer is one run, so that devices without an IOMMU get one entry. Mirrors
/// <c>cma_heap.c</c>; patch 07. The price is fragmentation: ENOMEM although enough is free in all.
/// </summary>
/// <remarks>
/// The area goes back to the machine when the heap is disposed and the last of its buffers is gone. Safe for all threads. Its lock is a leaf.
/// </remarks>
public sealed class ContiguousHeap : DmaHeap, IDisposable
{
    // A run is aligned to its size, up to this (CONFIG_CMA_ALIGNMENT).
    private const ulong LargestAlignment = 1 << 20;

    private readonly Lock _lock = new();
    private readonly MemoryArea _area;
    private bool _isDisposed;
    private bool _isReturned;

    /// <summary>Sets the area aside.</summary>
    /// <param name="machine">Whose RAM is set aside.</param>
    /// <param name="areaLength">Bytes; a multiple of 4096, not zero.</param>
    /// <exception cref="DmaBufException">EINVAL: the length; ENOMEM: no such run is free.</exception>
    public ContiguousHeap(SoftwareMachine machine, ulong areaLength)
        : base("default_cma_region", machine)
    {
        _area = new MemoryArea(Name, Machine.Ram.AllocateContiguous(areaLength));
    }

    /// <summary>Bytes that buffers hold now.</summary>
    public ulong AllocatedBytes => _area.AllocatedBytes;

    /// <summary>Ends the heap: no buffer can be allocated any more. Idempotent, never throws.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            ReturnIfUnusedLocked();
        }
    }

    /// <inheritdoc/>
    protected override PhysicalRange[] AllocateRanges(ulong size)
    {
        PhysicalRange run;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            run = _area.Allocate(size, Math.Min(LargestAlignment, 1UL << (int)ulong.Log2(size)));
        }

        Clear(run);
        return [run];
    }

    /// <inheritdoc/>
    protected override void FreeRanges(ReadOnlySpan<PhysicalRange> ranges)
    {
        lock (_lock)
        {
            _area.Free(ranges[0]);
            ReturnIfUnusedLocked();
        }
    }

    private void ReturnIfUnusedLocked()
    {
        if (_isDisposed && !_isReturned && _area.AllocatedBytes == 0)
        {
            _isReturned = true;
            Machine.Ram.Free(_area.Range);
        }
    }

    // The area is not the page allocator's, so what an earlier buffer left is still there.
    private void Clear(PhysicalRange run)
    {
        byte[] zeros = new byte[Math.Min(run.Length, 1 << 16)];
        for (ulong done = 0; done < run.Length; done += (ulong)zeros.Length)
        {
            Machine.Memory.Write(new PhysicalAddress(run.Start.Value + done), zeros.AsSpan(0, (int)Math.Min((ulong)zeros.Length, run.Length - done)));
        }
    }
}
