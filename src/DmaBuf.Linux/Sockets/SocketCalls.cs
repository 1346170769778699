using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>The socket calls, each with its errors explained. None of them waits: where they would, they say false.</summary>
internal static unsafe class SocketCalls
{
    private const int Type = Libc.SOCK_SEQPACKET | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK;

    internal static SafeFileHandle Create()
    {
        SafeFileHandle socket = Libc.socket(Libc.AF_UNIX, Type, 0);
        return socket.IsInvalid ? throw CreationFailure(NativeError.Last, "socket") : socket;
    }

    internal static (SafeFileHandle First, SafeFileHandle Second) CreatePair()
    {
        int* pair = stackalloc int[2];
        if (Libc.socketpair(Libc.AF_UNIX, Type, 0, pair) != 0)
        {
            throw CreationFailure(NativeError.Last, "socketpair");
        }

        return (new(pair[0], ownsHandle: true), new(pair[1], ownsHandle: true));
    }

    internal static SafeFileHandle Connect(SocketAddress address)
    {
        SafeFileHandle socket = Create();
        Errno errno = TryConnect(socket, address);
        if (errno == Errno.None)
        {
            return socket;
        }

        socket.Dispose();
        throw NativeError.Failure(errno, $"connect to \"{address.Text}\"", errno switch
        {
            Errno.ENOENT => "Nothing is there: start the other side first, and check the path.",
            Errno.ECONNREFUSED => "Nobody listens there (any more): start the other side again.",
            Errno.EAGAIN => "The listener's queue is full: try again.",
            Errno.EACCES => "This user may not write to the socket or may not enter one of its folders: connect as the user who listens, or have the folder's owner open it.",
            Errno.EPROTOTYPE => "Something else listens there, with another type of socket: check the address.",
            _ => NativeError.CommonRemedy(errno),
        });
    }

    internal static Errno TryConnect(SafeFileHandle socket, SocketAddress address)
    {
        // SAFETY: the address is as long as the call is told. A connection that would wait is EAGAIN, so EINTR cannot leave one half made.
        fixed (byte* native = address.Native)
        {
            int result;
            do
            {
                result = Libc.connect(socket, native, (uint)address.Native.Length);
            }
            while (result != 0 && NativeError.Last == Errno.EINTR);
            return result == 0 ? Errno.None : NativeError.Last;
        }
    }

    internal static PeerCredentials ReadPeer(SafeFileHandle socket)
    {
        Libc.Ucred peer;
        uint length = (uint)sizeof(Libc.Ucred);
        if (Libc.getsockopt(socket, Libc.SOL_SOCKET, Libc.SO_PEERCRED, &peer, &length) != 0)
        {
            throw NativeError.Failure(NativeError.Last, "Reading the credentials of a socket's peer", "The descriptor is no connected Unix socket.");
        }

        return new(peer.pid, peer.uid, peer.gid);
    }

    /// <returns>An invalid handle, and why, if there is none: ENOPROTOOPT before Linux 6.5.</returns>
    internal static SafeFileHandle TryOpenPeer(SafeFileHandle socket, out Errno errno)
    {
        int number = -1;
        uint length = sizeof(int);
        errno = Libc.getsockopt(socket, Libc.SOL_SOCKET, Libc.SO_PEERPIDFD, &number, &length) == 0 ? Errno.None : NativeError.Last;
        return new SafeFileHandle(errno == Errno.None ? number : -1, ownsHandle: true);
    }

    /// <returns>False: the peer's queue is full, nothing was sent.</returns>
    internal static bool TrySend(SafeFileHandle socket, ReadOnlySpan<byte> bytes, IReadOnlyList<SafeHandle> descriptors)
    {
        Span<byte> control = stackalloc byte[ControlData.Size(DescriptorSocket.MaximumDescriptors)];
        control = control[..ControlData.Size(descriptors.Count)];
        int held = 0;
        try
        {
            for (bool added = false; held < descriptors.Count; held++, added = false)
            {
                descriptors[held].DangerousAddRef(ref added);
            }

            ControlData.Write(control, descriptors);
            Errno errno = Send(socket, bytes, control);
            return errno switch
            {
                Errno.None => true,
                Errno.EAGAIN => false,
                _ => throw SendFailure(errno, bytes.Length, descriptors.Count),
            };
        }
        finally
        {
            while (held > 0)
            {
                descriptors[--held].DangerousRelease();
            }
        }
    }

    /// <returns>False: there is no message. True with null: there will be none any more.</returns>
    internal static bool TryReceive(SafeFileHandle socket, Span<byte> buffer, int maximumDescriptors, out DescriptorMessage? message)
    {
        Span<byte> control = stackalloc byte[ControlData.Size(DescriptorSocket.MaximumDescriptors)];
        control = control[..ControlData.Size(maximumDescriptors)];
        Errno errno = Receive(socket, buffer, ref control, out int length, out int flags);
        message = null;
        if (errno == Errno.EAGAIN)
        {
            return false;
        }

        if (errno != Errno.None)
        {
            throw NativeError.Failure(errno, "recvmsg on a descriptor socket", errno == Errno.ECONNRESET
                ? "The peer has gone without reading all that it was sent: connect again."
                : NativeError.CommonRemedy(errno));
        }

        DescriptorMessage received = new(length, ControlData.Own(control));
        if (Judge(received, buffer.Length, maximumDescriptors, flags) is { } refusal)
        {
            received.Dispose();
            throw refusal;
        }
        if (length == 0)
        {
            received.Dispose();
        }
        else
        {
            message = received;
        }

        return true;
    }

    private static DmaBufException? Judge(DescriptorMessage received, int bufferLength, int maximumDescriptors, int flags)
    {
        if ((flags & Libc.MSG_CTRUNC) != 0)
        {
            return received.DescriptorCount < maximumDescriptors
                ? new DmaBufException(Errno.EMFILE,
                    $"A message came with more descriptors than the {received.DescriptorCount} that this process could take of it; the message was dropped. "
                    + "Its table of descriptors is full (ulimit -n), or a security module forbids one.")
                : new DmaBufException(Errno.EPROTO,
                    $"A message came with more than the {maximumDescriptors} descriptors that are allowed here; it was dropped, and none stays open. "
                    + "Both ends must speak the same protocol.");
        }
        if ((flags & Libc.MSG_TRUNC) != 0)
        {
            return new DmaBufException(Errno.EMSGSIZE,
                $"A message came that is longer than the buffer of {bufferLength} bytes; it was dropped. Receive into {DescriptorSocket.MaximumMessageBytes} bytes.");
        }

        if (received.Length == 0 && received.DescriptorCount > 0)
        {
            return new DmaBufException(Errno.EPROTO,
                $"An empty message came with {received.DescriptorCount} descriptors; it was dropped. A message has at least one byte.");
        }

        return null;
    }

    private static Errno Send(SafeFileHandle socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> control)
    {
        // SAFETY: both buffers are fixed for the call, and the lengths are theirs.
        fixed (byte* data = bytes, ancillary = control)
        {
            Libc.Iovec part = new() { iov_base = data, iov_len = (nuint)bytes.Length };
            Libc.Msghdr header = new() { msg_iov = &part, msg_iovlen = 1, msg_control = ancillary, msg_controllen = (nuint)control.Length };
            nint result;
            do
            {
                result = Libc.sendmsg(socket, &header, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
            }
            while (result < 0 && NativeError.Last == Errno.EINTR);
            return result < 0 ? NativeError.Last : Errno.None;
        }
    }

    private static Errno Receive(SafeFileHandle socket, Span<byte> buffer, ref Span<byte> control, out int length, out int flags)
    {
        // SAFETY: both buffers are fixed for the call, and the lengths are theirs; the kernel says how much of the control data it wrote.
        fixed (byte* data = buffer, ancillary = control)
        {
            Libc.Iovec part = new() { iov_base = data, iov_len = (nuint)buffer.Length };
            Libc.Msghdr header = new() { msg_iov = &part, msg_iovlen = 1, msg_control = ancillary, msg_controllen = (nuint)control.Length };
            nint result;
            do
            {
                result = Libc.recvmsg(socket, &header, Libc.MSG_DONTWAIT | Libc.MSG_CMSG_CLOEXEC);
            }
            while (result < 0 && NativeError.Last == Errno.EINTR);
            length = (int)Math.Max(result, 0);
            flags = header.msg_flags;
            control = result < 0 ? [] : control[..(int)header.msg_controllen];
            return result < 0 ? NativeError.Last : Errno.None;
        }
    }

    private static DmaBufException CreationFailure(Errno errno, string call) =>
        NativeError.Failure(errno, $"{call} (AF_UNIX, SOCK_SEQPACKET)", NativeError.CommonRemedy(errno));

    private static DmaBufException SendFailure(Errno errno, int length, int descriptors) =>
        NativeError.Failure(errno, $"sendmsg of {length} bytes and {descriptors} descriptors", errno switch
        {
            Errno.EPIPE or Errno.ECONNRESET => "The peer has gone: connect again.",
            Errno.EBADF => "One of the descriptors is not open.",
            Errno.ETOOMANYREFS => "Too many descriptors are on their way: let the peer receive them first, or raise ulimit -n.",
            Errno.EMSGSIZE or Errno.ENOBUFS => "The socket's buffer is too small for it (net.core.wmem_default): send less at once.",
            Errno.EINVAL => "The kernel refuses one of the descriptors: sockets of io_uring, for example, cannot be sent.",
            _ => NativeError.CommonRemedy(errno),
        });
}
