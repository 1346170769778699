using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>Waits until descriptors are readable or writable, for the whole process, on one thread and one epoll.</summary>
/// <remarks>
/// <para>Theory. Callers try first and wait only after EAGAIN; a wait is one-shot and says "try again", not "there is data". Each wait
/// registers a <em>duplicate</em> of the caller's descriptor: epoll knows a registration by file and number, so two waits on one descriptor
/// (a reader and a writer) do not meet, and the caller may close the descriptor while it waits. Whoever takes a wait out of
/// <see cref="_waits"/>, the event or the cancellation, owns its end; the other finds nothing. So each duplicate is removed and closed once.</para>
/// <para>A duplicate keeps the file open: it must be removed from epoll before it is closed, because the file itself does not go away.</para>
/// <para>Threads: all members, any thread. There is no lock. Continuations never run on the reactor's thread.</para>
/// </remarks>
internal sealed class DescriptorReactor
{
    private const int EventsPerWait = 64;
    private const int Forever = -1;

    private static readonly MadeOnce<DescriptorReactor> Process = new(static () => new DescriptorReactor());

    private readonly SafeFileHandle _epoll;
    private readonly ConcurrentDictionary<ulong, DescriptorWait> _waits = new();
    private ulong _lastKey;

    private DescriptorReactor()
    {
        _epoll = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        if (_epoll.IsInvalid)
        {
            Errno errno = NativeError.Last;
            throw NativeError.Failure(errno, "epoll_create1", NativeError.CommonRemedy(errno));
        }
        new Thread(Run) { IsBackground = true, Name = "DmaBuf descriptor reactor" }.Start();
    }

    /// <summary>Made at the first wait, kept until the process ends.</summary>
    /// <remarks>A failure to make it is not kept: the next wait tries again, perhaps with more descriptors to be had.</remarks>
    internal static DescriptorReactor Shared => Process.Value;

    /// <summary>How many waits are under way; for leak checks.</summary>
    internal int PendingWaits => _waits.Count;

    /// <summary>Completes once the descriptor is readable (or at its end, or in error).</summary>
    internal Task WaitUntilReadableAsync(SafeHandle descriptor, CancellationToken cancellationToken) =>
        WaitAsync(descriptor, Libc.EPOLLIN | Libc.EPOLLRDHUP, cancellationToken);

    /// <summary>Completes once the descriptor is writable (or in error).</summary>
    internal Task WaitUntilWritableAsync(SafeHandle descriptor, CancellationToken cancellationToken) =>
        WaitAsync(descriptor, Libc.EPOLLOUT, cancellationToken);

    private async Task WaitAsync(SafeHandle descriptor, uint events, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        DescriptorWait wait = Begin(descriptor, events);
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((DescriptorWait)state!).Cancel(token), wait);
        await using (registration.ConfigureAwait(false))
        {
            await wait.Completion.Task.ConfigureAwait(false);
        }
    }

    private DescriptorWait Begin(SafeHandle descriptor, uint events)
    {
        SafeFileHandle duplicate = Libc.fcntl_duplicate(descriptor, Libc.F_DUPFD_CLOEXEC, 0);
        if (duplicate.IsInvalid)
        {
            Errno errno = NativeError.Last;
            throw NativeError.Failure(errno, "Duplicating a descriptor to wait on it", NativeError.CommonRemedy(errno));
        }
        DescriptorWait wait = new(this, Interlocked.Increment(ref _lastKey), duplicate);
        _waits[wait.Key] = wait; // before epoll knows it, or its event could find nothing
        if (Register(wait, events) is not Errno.None and { } failure)
        {
            _waits.TryRemove(wait.Key, out _);
            duplicate.Dispose();
            throw NativeError.Failure(failure, "epoll_ctl to wait on a descriptor",
                failure == Errno.EPERM ? "This kind of file is always ready and cannot be waited on." : NativeError.CommonRemedy(failure));
        }
        return wait;
    }

    private unsafe Errno Register(DescriptorWait wait, uint events)
    {
        Span<byte> registration = stackalloc byte[Libc.EpollEvent.Size];
        MemoryMarshal.Write(registration, events | Libc.EPOLLONESHOT);
        MemoryMarshal.Write(registration[Libc.EpollEvent.DataOffset..], wait.Key);
        // SAFETY: the buffer is as long as one event, and the kernel copies it before it returns.
        fixed (byte* pointer = registration)
        {
            return Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_ADD, wait.Duplicate, pointer) == 0 ? Errno.None : NativeError.Last;
        }
    }

    /// <summary>Makes the caller the one who ends the wait, or says that somebody else is.</summary>
    internal unsafe bool TryEnd(DescriptorWait wait)
    {
        if (!_waits.TryRemove(wait.Key, out _))
        {
            return false;
        }
        // SAFETY: removal takes no event. Its only failure, not registered yet, leaves nothing to remove.
        _ = Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_DEL, wait.Duplicate, null);
        wait.Duplicate.Dispose();
        return true;
    }

    private unsafe void Run()
    {
        byte[] events = new byte[EventsPerWait * Libc.EpollEvent.Size];
        while (true)
        {
            int count;
            // SAFETY: the array holds as many events as the call is told.
            fixed (byte* pointer = events)
            {
                count = Libc.epoll_wait(_epoll, pointer, EventsPerWait, Forever);
            }

            if (count < 0 && NativeError.Last != Errno.EINTR)
            {
                throw NativeError.Failure(NativeError.Last, "epoll_wait of the descriptor reactor", "This is a defect: its descriptor was closed by foreign code.");
            }

            for (int index = 0; index < count; index++)
            {
                ReadOnlySpan<byte> ready = events.AsSpan(index * Libc.EpollEvent.Size, Libc.EpollEvent.Size);
                if (_waits.TryGetValue(MemoryMarshal.Read<ulong>(ready[Libc.EpollEvent.DataOffset..]), out DescriptorWait? wait))
                {
                    wait.Complete();
                }
            }
        }
    }
}
