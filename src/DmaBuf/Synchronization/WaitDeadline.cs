using System.Diagnostics;

namespace DmaBuf;

/// <summary>One point in time for a wait that has several steps; it is checked like the timeouts of the platform.</summary>
internal readonly struct WaitDeadline
{
    private readonly long _start;
    private readonly TimeSpan _timeout;

    /// <summary>Starts now.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative without being infinite, or longer than 2^31-1 milliseconds.</exception>
    public WaitDeadline(TimeSpan timeout)
    {
        if (timeout != Timeout.InfiniteTimeSpan && (timeout < TimeSpan.Zero || timeout.TotalMilliseconds > int.MaxValue))
        {
            throw new ArgumentOutOfRangeException(
                nameof(timeout), timeout, "A timeout is between zero and 2147483647 ms, or Timeout.InfiniteTimeSpan.");
        }

        _timeout = timeout;
        _start = timeout > TimeSpan.Zero ? Stopwatch.GetTimestamp() : 0;
    }

    /// <summary>What is left, never negative; <see cref="Timeout.InfiniteTimeSpan"/> stays as it is.</summary>
    public TimeSpan Remaining
    {
        get
        {
            if (_timeout <= TimeSpan.Zero)
                return _timeout;
            TimeSpan left = _timeout - Stopwatch.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
