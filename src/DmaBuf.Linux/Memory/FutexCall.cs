using System.Diagnostics;

namespace DmaBuf.Linux;

/// <summary>The two ways into the kernel's sleep on a word, with one meaning of time: a span from now.</summary>
internal static unsafe class FutexCall
{
    /// <summary>Where many words cannot be slept on at once (before Linux 5.16), the first is, and so short that the others wait for nobody.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(1);

    /// <returns>False when the time was over.</returns>
    internal static bool Wait(uint* word, uint expected, TimeSpan timeout)
    {
        Libc.Timespec span = ToTimespec(Limit(timeout));
        nint result = Libc.futex((nint)SystemCallUapi.SYS_futex, word, FutexUapi.FUTEX_WAIT, expected, timeout == Timeout.InfiniteTimeSpan ? null : &span, 0, 0);
        return result == 0 || IsWoken(NativeError.Last, "Sleeping on a word of shared memory (FUTEX_WAIT)");
    }

    internal static void Wake(uint* word)
    {
        // Nothing that could be done about an error here: the word is mapped, and a sleeper looks again by itself when its time is over.
        _ = Libc.futex((nint)SystemCallUapi.SYS_futex, word, FutexUapi.FUTEX_WAKE, int.MaxValue, null, 0, 0);
    }

    /// <returns>False when the time was over.</returns>
    internal static bool WaitAny(FutexUapi.futex_waitv* waiters, int count, TimeSpan timeout)
    {
        if (count == 0)
            throw new DmaBufException(Errno.EINVAL, "No word was given to wait for. Give at least one.");

        long now = Stopwatch.GetTimestamp(); // CLOCK_MONOTONIC in nanoseconds, on Linux
        Libc.Timespec deadline = ToTimespec(Limit(timeout) + TimeSpan.FromTicks(now / TimeSpan.NanosecondsPerTick));
        nint result = Libc.futex_waitv(
            (nint)SystemCallUapi.SYS_futex_waitv, waiters, (nuint)count, 0, timeout == Timeout.InfiniteTimeSpan ? null : &deadline, Libc.CLOCK_MONOTONIC);
        if (result >= 0)
            return true;

        Errno errno = NativeError.Last;
        if (errno != Errno.ENOSYS)
            return IsWoken(errno, "Sleeping on words of shared memory (futex_waitv)");

        bool isShort = timeout != Timeout.InfiniteTimeSpan && timeout < Slice;
        bool woken = Wait((uint*)waiters[0].uaddr, (uint)waiters[0].val, isShort ? timeout : Slice);
        return woken || !isShort;
    }

    /// <summary>A year is as good as any longer time, and fits what the kernel counts.</summary>
    private static TimeSpan Limit(TimeSpan timeout) => timeout < TimeSpan.Zero ? TimeSpan.Zero : timeout > TimeSpan.FromDays(365) ? TimeSpan.FromDays(365) : timeout;

    private static Libc.Timespec ToTimespec(TimeSpan span) => new()
    {
        tv_sec = span.Ticks / TimeSpan.TicksPerSecond,
        tv_nsec = span.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
    };

    private static bool IsWoken(Errno errno, string tried) => errno switch
    {
        Errno.EAGAIN or Errno.EINTR => true, // the word had changed before, or a signal of the runtime came
        Errno.ETIMEDOUT => false,
        _ => throw NativeError.Failure(errno, tried, NativeError.CommonRemedy(errno)),
    };
}
