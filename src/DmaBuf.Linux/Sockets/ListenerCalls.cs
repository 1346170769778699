using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>The calls of the listening side, each with its errors explained.</summary>
internal static unsafe class ListenerCalls
{
    private const int OwnerOnly = 0x180; // 0600

    /// <param name="socket">To be bound.</param>
    /// <param name="address">Where.</param>
    /// <param name="backlog">How many may wait to be accepted.</param>
    /// <param name="asked">What the user asked for, which errors name; the address may be a working name beside it.</param>
    internal static void BindAndListen(SafeFileHandle socket, SocketAddress address, int backlog, string asked)
    {
        // Before bind: the file takes its permission from the socket, so there is no moment in which others could connect.
        if (Libc.fchmod(socket, OwnerOnly) != 0)
        {
            throw NativeError.Failure(NativeError.Last, "Setting the permission of a socket to 0600", "A security module or a sandbox forbids it.");
        }

        int result;
        // SAFETY: the address is as long as the call is told.
        fixed (byte* native = address.Native)
        {
            result = Libc.bind(socket, native, (uint)address.Native.Length);
        }

        if (result != 0)
        {
            throw BindFailure(NativeError.Last, asked);
        }

        if (Libc.listen(socket, backlog) != 0)
        {
            throw NativeError.Failure(NativeError.Last, $"listen at \"{asked}\"", "A security module or a sandbox forbids it.");
        }
    }

    /// <returns>Null: nobody waits.</returns>
    internal static SafeFileHandle? TryAccept(SafeFileHandle socket, string address)
    {
        while (true)
        {
            SafeFileHandle accepted = Libc.accept4(socket, null, null, Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK);
            if (!accepted.IsInvalid)
            {
                return accepted;
            }

            Errno errno = NativeError.Last;
            if (errno == Errno.EAGAIN)
            {
                return null;
            }
            // ECONNABORTED: the one who connected has gone again; no news for the caller.
            if (errno is not (Errno.EINTR or Errno.ECONNABORTED))
            {
                throw NativeError.Failure(errno, $"accept at \"{address}\"", NativeError.CommonRemedy(errno));
            }
        }
    }

    private static DmaBufException BindFailure(Errno errno, string asked) =>
        NativeError.Failure(errno, $"bind to \"{asked}\"", errno switch
        {
            Errno.EADDRINUSE => "Somebody listens there: use another address, or end the other one.",
            Errno.ENOENT or Errno.ENOTDIR => "The directory is not there: make it, or use another one.",
            Errno.EACCES or Errno.EPERM => "This user cannot make files in that directory: use another one, or a name without a file, such as @name.",
            _ => NativeError.CommonRemedy(errno),
        });
}
