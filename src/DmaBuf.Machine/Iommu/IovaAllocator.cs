using System.Numerics;

namespace DmaBuf.Machine;

/// <summary>
/// Hands out I/O virtual addresses: first fit, with alignment and an address limit. Knows nothing of what is mapped there.
/// </summary>
/// <remarks>Safe for calls from several threads.</remarks>
public sealed class IovaAllocator
{
    private readonly Lock _lock = new();
    private readonly FreeSpace _free;
    private readonly Dictionary<ulong, ulong> _allocated = [];

    /// <summary>Makes an allocator of which everything is free.</summary>
    /// <param name="aperture">The addresses to hand out; not empty, and the end must not wrap.</param>
    /// <exception cref="DmaBufException">EINVAL: the aperture.</exception>
    public IovaAllocator(DmaRange aperture)
    {
        if (aperture.Length == 0 || aperture.Length > ulong.MaxValue - aperture.Start.Value)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"I/O virtual addresses cannot be handed out of {aperture}: it is empty or its end wraps.");
        }

        _free = new FreeSpace([new Extent(aperture.Start.Value, aperture.Start.Value + aperture.Length)]);
    }

    /// <summary>Bytes that are handed out now.</summary>
    public ulong AllocatedBytes
    {
        get
        {
            lock (_lock)
            {
                return _allocated.Values.Aggregate(0UL, (sum, length) => sum + length);
            }
        }
    }

    /// <summary>Takes the lowest free run that fits.</summary>
    /// <param name="length">Bytes; not zero.</param>
    /// <param name="alignment">The start is a multiple of it; a power of two.</param>
    /// <param name="lastAddress">The last byte lies at or below it.</param>
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
            bool taken = _free.TryTake(length, alignment, lastAddress.Value, out ulong start);
            range = taken ? new DmaRange(new DmaAddress(start), length) : default;
            if (taken)
            {
                _allocated.Add(start, length);
            }

            return taken;
        }
    }

    /// <summary>Gives a run back.</summary>
    /// <param name="range">Exactly what <see cref="TryAllocate"/> gave.</param>
    /// <exception cref="DmaBufException">EINVAL: no such run is handed out; nothing has changed.</exception>
    public void Free(DmaRange range)
    {
        lock (_lock)
        {
            if (!_allocated.TryGetValue(range.Start.Value, out ulong length) || length != range.Length)
            {
                throw new DmaBufException(
                    Errno.EINVAL,
                    $"I/O virtual addresses {range} cannot be freed: no such run is handed out. Free what was allocated, once.");
            }

            _allocated.Remove(range.Start.Value);
            _free.Give([new Extent(range.Start.Value, range.Start.Value + range.Length)]);
        }
    }
}
