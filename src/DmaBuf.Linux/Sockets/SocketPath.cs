using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>A listener's file: published in one step, and withdrawn by its owner only.</summary>
/// <remarks>
/// <para>Theory. A socket file outlives a process that was killed, and then blocks its successor. Whether one is stale is asked by connecting: ECONNREFUSED
/// says that nobody listens. But a file between <c>bind</c> and <c>listen</c> gives the same answer, and would be taken for stale. So the
/// socket is bound to a <em>working name</em> beside the path, listens, and only then is linked to the path: whatever stands at a
/// published path listens, or is dead.</para>
/// <para>A stale file is replaced by <c>rename</c>, under a lock on its directory: of two successors, the second finds the first one listening and
/// leaves it alone. The lock is only tried, because in a shared directory anybody could hold it for ever.</para>
/// </remarks>
internal sealed class SocketPath
{
    private const int WorkingNameBytes = 4;

    private readonly string _path;
    private readonly DescriptorIdentity _identity;

    private SocketPath(string path, DescriptorIdentity identity)
    {
        _path = path;
        _identity = identity;
    }

    /// <summary>Binds the socket, makes it listen and shows it at the path. If that fails nothing stays, and the socket is the caller's to close.</summary>
    internal static SocketPath Publish(SafeFileHandle socket, SocketAddress address, int backlog)
    {
        string working = WorkingPath(address);
        try
        {
            BindAndListen(socket, working, address, backlog);
            DescriptorIdentity identity = IdentityAt(working) ?? throw Missing(address);
            if (Libc.link(working, address.Text) != 0)
            {
                Errno errno = NativeError.Last;
                if (errno != Errno.EEXIST)
                {
                    throw NativeError.Failure(errno, $"Publishing the socket \"{address.Text}\"", NativeError.CommonRemedy(errno));
                }

                Replace(working, address);
            }
            return new(address.Text, identity);
        }
        finally
        {
            _ = Libc.unlink(working); // gone already after a rename, not there yet if bind failed
        }
    }

    /// <summary>Removes the file, unless another one has taken its place.</summary>
    internal void Withdraw()
    {
        if (IdentityAt(_path) == _identity)
        {
            _ = Libc.unlink(_path);
        }
    }

    /// <summary>In the same directory, so that it can be linked and renamed; hidden, and hard to guess, so that nobody is in its way.</summary>
    private static string WorkingPath(SocketAddress address)
        => Path.Join(Path.GetDirectoryName(address.Text), "." + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(WorkingNameBytes)));

    /// <summary>The working name may be longer than the path, and then too long for the kernel: it is bound by way of its directory's descriptor.</summary>
    private static void BindAndListen(SafeFileHandle socket, string working, SocketAddress address, int backlog)
    {
        if (Encoding.UTF8.GetByteCount(working) <= SocketAddress.MaximumBytes)
        {
            ListenerCalls.BindAndListen(socket, new SocketAddress(working), backlog, address.Text);
            return;
        }

        using SafeFileHandle directory = OpenDirectory(address, "publish a socket");
        string name = $"/proc/self/fd/{directory.DangerousGetHandle()}/{Path.GetFileName(working)}";
        ListenerCalls.BindAndListen(socket, new SocketAddress(name), backlog, address.Text);
    }

    private static void Replace(string working, SocketAddress address)
    {
        using SafeFileHandle held = LockDirectory(address);
        if (TypeAt(address.Text, out _) is { } type && type != Libc.S_IFSOCK)
        {
            throw new DmaBufException(Errno.EEXIST, $"A listener was asked for at \"{address.Text}\", where a file is that is no socket. Use another path, or move the file away.");
        }

        using (SafeFileHandle probe = SocketCalls.Create())
        {
            Errno answer = SocketCalls.TryConnect(probe, address);
            if (answer is not (Errno.ECONNREFUSED or Errno.ENOENT))
            {
                throw NativeError.Failure(answer is Errno.None or Errno.EAGAIN or Errno.EPROTOTYPE ? Errno.EADDRINUSE : answer,
                    $"Listening at \"{address.Text}\"", "Somebody listens there: use another path, or end the other one.");
            }
        }
        if (Libc.rename(working, address.Text) != 0)
        {
            Errno errno = NativeError.Last;
            throw NativeError.Failure(errno, $"Replacing the stale socket \"{address.Text}\"", "Remove the file by hand, or use another path.");
        }
    }

    private static SafeFileHandle LockDirectory(SocketAddress address)
    {
        SafeFileHandle held = OpenDirectory(address, "replace a stale socket");
        if (Libc.flock(held, Libc.LOCK_EX | Libc.LOCK_NB) == 0)
        {
            return held;
        }

        held.Dispose();
        throw new DmaBufException(Errno.EBUSY, $"The socket \"{address.Text}\" exists, and another process is replacing files in its directory. Try again, or use another path.");
    }

    private static SafeFileHandle OpenDirectory(SocketAddress address, string purpose)
    {
        string path = Path.GetDirectoryName(address.Text) is { Length: > 0 } parent ? parent : ".";
        SafeFileHandle directory = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (!directory.IsInvalid)
        {
            return directory;
        }

        Errno errno = NativeError.Last;
        throw NativeError.Failure(errno, $"Opening \"{path}\" to {purpose} at \"{address.Text}\"", NativeError.CommonRemedy(errno));
    }

    private static DescriptorIdentity? IdentityAt(string path) => TypeAt(path, out DescriptorIdentity identity) is null ? null : identity;

    /// <returns>The type of what is at the path itself, links not followed; null if there is nothing, or nothing that can be looked at.</returns>
    private static unsafe int? TypeAt(string path, out DescriptorIdentity identity)
    {
        Libc.Statx status;
        bool found = Libc.statx_path(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &status) == 0;
        identity = found ? OpenFileFacts.IdentityOf(status) : default;
        return found ? status.stx_mode & Libc.S_IFMT : null;
    }

    private static DmaBufException Missing(SocketAddress address) =>
        new(Errno.ENOENT, $"Publishing the socket \"{address.Text}\" was given up: its file was gone right after it was made. Somebody removes files in that directory: use another one.");
}
