namespace DmaBuf.Machine;

/// <summary>
/// What shall go wrong with a device's accesses, said beforehand and exactly: one strike, before the n-th access or behind the n-th byte. Put it into
/// <see cref="DmaEngineDevice.Injection"/>.
/// </summary>
/// <remarks>
/// <para>An access is what the device puts on its bus at once: at most <see cref="LargestAccess"/> bytes, and never across the end of what is mapped together. A sweep runs the
/// same work with 1, 2, 3, … until <see cref="HasStruck"/> stays false.</para>
/// <para>The strike runs on the thread that makes the access, before the access has begun and without any lock of the machine: it may remove functions, unmap, revoke, and abort
/// the transfer, which then makes this access no more. Strikes once. Safe for all threads; with several at once the order of their accesses is theirs.</para>
/// </remarks>
public sealed class DmaFaultInjection
{
    /// <summary>Bytes of the largest access of all devices.</summary>
    public const int DefaultLargestAccess = SoftwareIommuDomain.LargestPiece;

    private readonly Lock _lock = new();
    private readonly Action<DmaInjectedAccess> _strike;
    private readonly long? _number;
    private readonly DmaAccess _counted;
    private readonly ulong? _bytes;
    private long _accesses;
    private ulong _moved;
    private bool _hasStruck;

    private DmaFaultInjection(Action<DmaInjectedAccess> strike, long? number, DmaAccess counted, ulong? bytes, int largestAccess)
    {
        ArgumentNullException.ThrowIfNull(strike);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(largestAccess);
        _strike = strike;
        _number = number;
        _counted = counted;
        _bytes = bytes;
        LargestAccess = Math.Min(largestAccess, DefaultLargestAccess);
    }

    /// <summary>Bytes of the largest access while this is in place, as a bus's maximum payload limits it.</summary>
    public int LargestAccess { get; }

    /// <summary>Accesses so far, the one that was struck included.</summary>
    public long AccessCount
    {
        get
        {
            lock (_lock)
            {
                return _accesses;
            }
        }
    }

    /// <summary>Whether the strike has begun.</summary>
    public bool HasStruck
    {
        get
        {
            lock (_lock)
            {
                return _hasStruck;
            }
        }
    }

    /// <summary>Makes one access fault with <see cref="DmaFaultReason.Injected"/>.</summary>
    /// <param name="number">Which, from 1.</param>
    /// <param name="largestAccess">Bytes of the largest access; more than <see cref="DefaultLargestAccess"/> means that.</param>
    public static DmaFaultInjection FailAccess(long number, int largestAccess = DefaultLargestAccess) => AtAccess(
        number, static access => throw access.Device.Faults.Stop(access.Device.Name, access.Address, access.Access, DmaFaultReason.Injected), largestAccess);

    /// <summary>Does something before one access, for example removes the device.</summary>
    /// <param name="number">Which, from 1.</param>
    /// <param name="strike">What is done. If it throws, the access is not made and ends with what it threw.</param>
    /// <param name="largestAccess">Bytes of the largest access; more than <see cref="DefaultLargestAccess"/> means that.</param>
    public static DmaFaultInjection AtAccess(long number, Action<DmaInjectedAccess> strike, int largestAccess = DefaultLargestAccess)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(number);
        return new DmaFaultInjection(strike, number, default, null, largestAccess);
    }

    /// <summary>Does something before the first access behind a number of bytes, for example aborts the transfer; the access before is cut so that it ends there.</summary>
    /// <param name="counted">Whether bytes that the device reads or bytes that it writes are counted.</param>
    /// <param name="bytes">How many have moved before; zero: none.</param>
    /// <param name="strike">What is done. If it throws, the access is not made and ends with what it threw.</param>
    /// <param name="largestAccess">Bytes of the largest access; more than <see cref="DefaultLargestAccess"/> means that.</param>
    public static DmaFaultInjection AfterBytes(DmaAccess counted, ulong bytes, Action<DmaInjectedAccess> strike, int largestAccess = DefaultLargestAccess)
        => new(strike, null, counted, bytes, largestAccess);

    /// <summary>Only counts accesses.</summary>
    /// <param name="largestAccess">Bytes of the largest access; more than <see cref="DefaultLargestAccess"/> means that.</param>
    public static DmaFaultInjection None(int largestAccess = DefaultLargestAccess) => new(static _ => { }, null, default, null, largestAccess);

    /// <summary>Strikes if it is time, and tells how many bytes the access may have.</summary>
    internal int Admit(DmaInjectedAccess access, int length)
    {
        int admitted = Math.Min(length, LargestAccess);
        bool strikes;
        lock (_lock)
        {
            _accesses++;
            bool isCounted = _bytes is not null && access.Access == _counted;
            strikes = !_hasStruck && (_accesses == _number || (isCounted && _moved == _bytes));
            _hasStruck |= strikes;
            if (isCounted && !_hasStruck)
            {
                admitted = (int)Math.Min((ulong)admitted, _bytes!.Value - _moved);
            }
        }

        if (strikes)
        {
            _strike(access);
        }

        return admitted;
    }

    internal void CountMoved(DmaAccess access, int count)
    {
        lock (_lock)
        {
            _moved += access == _counted ? (ulong)count : 0;
        }
    }
}
