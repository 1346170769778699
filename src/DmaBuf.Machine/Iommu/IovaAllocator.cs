using System.Numerics;

namespace DmaBuf.Machine;

/// <summary>
/// Hands out I/O virtual addresses with alignment and an address limit, never address zero. Knows nothing of what is mapped there.
/// </summary>
/// <remarks>
/// A run of at most 32 pages that was freed goes to the next request of its length that it suits; otherwise the lowest free run that fits is
/// cut. Only where an alignment is larger than the length, and many free runs are long enough but lie badly, a higher one may be taken. Cost
/// grows with the logarithm of the number of free runs.
/// Safe for calls from several threads.
/// </remarks>
public sealed class IovaAllocator
{
    private readonly Lock _lock = new();
    private readonly IovaSpace _space;

    /// <summary>Makes an allocator of which everything is free.</summary>
    /// <param name="aperture">The addresses to hand out; not empty, and the end must not wrap. If it starts at zero, its first page is left
    /// out.</param>
    /// <exception cref="DmaBufException">EINVAL: the aperture.</exception>
    public IovaAllocator(DmaRange aperture)
    {
        ulong start = aperture.Start.Value == 0 ? MachinePage.Size : aperture.Start.Value;
        ulong skipped = start - aperture.Start.Value;
        if (aperture.Length <= skipped || aperture.Length > ulong.MaxValue - aperture.Start.Value)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"I/O virtual addresses cannot be handed out of {aperture}: it is empty, its end wraps, or it has only the page at zero, " +
                "which is never handed out.");
        }

        _space = new IovaSpace(new Extent(start, aperture.Start.Value + aperture.Length));
    }

    /// <summary>Bytes that are handed out now.</summary>
    public ulong AllocatedBytes
    {
        get
        {
            lock (_lock)
            {
                return _space.AllocatedBytes;
            }
        }
    }

    /// <summary>Takes a free run: the lowest that fits, or one of this length that was freed lately.</summary>
    /// <param name="length">Bytes; not zero.</param>
    /// <param name="alignment">The start is a multiple of it; a power of two.</param>
    /// <param name="lastAddress">The last byte lies at or below it (<c>dma_mask</c>).</param>
    /// <param name="range">The run; give it back with <see cref="Free"/>.</param>
    /// <returns>False: no such run is free.</returns>
    /// <exception cref="DmaBufException">EINVAL: zero length, or an alignment that is no power of two.</exception>
    public bool TryAllocate(ulong length, ulong alignment, DmaAddress lastAddress, out DmaRange range)
    {
        if (length == 0 || !BitOperations.IsPow2(alignment))
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"0x{length:x} bytes of I/O virtual addresses at multiples of 0x{alignment:x} cannot be had: the length must not be " +
                "zero, the alignment a power of two.");
        }

        lock (_lock)
        {
            bool taken = _space.TryAllocate(length, alignment, lastAddress.Value, out ulong start);
            range = taken ? new DmaRange(new DmaAddress(start), length) : default;
            return taken;
        }
    }

    /// <summary>
    /// Takes a free run whose start is a multiple of its length rounded up to a power of two (<c>size_aligned</c>), so that large pages fit
    /// wherever the memory allows.
    /// </summary>
    /// <param name="length">Bytes; not zero.</param>
    /// <param name="lastAddress">The last byte lies at or below it.</param>
    /// <param name="range">The run; give it back with <see cref="Free"/>.</param>
    /// <returns>False: no such run is free.</returns>
    /// <exception cref="DmaBufException">EINVAL: zero length.</exception>
    public bool TryAllocateNaturallyAligned(ulong length, DmaAddress lastAddress, out DmaRange range)
    {
        range = default;
        return length <= 1UL << 63 && TryAllocate(length, BitOperations.RoundUpToPowerOf2(Math.Max(length, 1)), lastAddress, out range);
    }

    /// <summary>Gives a run back.</summary>
    /// <param name="range">Exactly what <see cref="TryAllocate"/> gave.</param>
    /// <exception cref="DmaBufException">EINVAL: no such run is handed out; nothing has changed.</exception>
    public void Free(DmaRange range)
    {
        bool freed;
        lock (_lock)
        {
            freed = _space.TryFree(range.Start.Value, range.Length);
        }

        if (!freed)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"I/O virtual addresses {range} cannot be freed: no such run is handed out. Free what was allocated, once.");
        }
    }
}
