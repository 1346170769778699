namespace DmaBuf;

/// <summary>
/// The Linux error numbers that the framework reports. The identity of an error is kept from where it arose to the caller,
/// so that programs and tests can tell them apart. Values are those of Linux on x64 and arm64 (positive).
/// </summary>
public enum Errno
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>Operation not permitted: a capability, token or credential is missing.</summary>
    EPERM = 1,

    /// <summary>No such object, or the exporter is going away.</summary>
    ENOENT = 2,

    /// <summary>No such process: it ended while it was looked at.</summary>
    ESRCH = 3,

    /// <summary>Interrupted or cancelled while waiting.</summary>
    EINTR = 4,

    /// <summary>Input or output failed.</summary>
    EIO = 5,

    /// <summary>The node leads to no device.</summary>
    ENXIO = 6,

    /// <summary>Too many entries: a list is longer than its limit.</summary>
    E2BIG = 7,

    /// <summary>Not a valid file descriptor.</summary>
    EBADF = 9,

    /// <summary>Try again: the resource is busy for the moment.</summary>
    EAGAIN = 11,

    /// <summary>Out of memory, of address space or of table entries.</summary>
    ENOMEM = 12,

    /// <summary>Access was refused by file permissions.</summary>
    EACCES = 13,

    /// <summary>Bad address: outside a mapping, or not reachable.</summary>
    EFAULT = 14,

    /// <summary>Busy: still in use, or the memory cannot be moved to where the importer reaches it.</summary>
    EBUSY = 16,

    /// <summary>Exists already, or overlaps something that does.</summary>
    EEXIST = 17,

    /// <summary>No such device, or the memory was revoked.</summary>
    ENODEV = 19,

    /// <summary>Not a directory.</summary>
    ENOTDIR = 20,

    /// <summary>Is a directory.</summary>
    EISDIR = 21,

    /// <summary>Invalid argument, or exporter and importer have no mapping type in common.</summary>
    EINVAL = 22,

    /// <summary>The system has as many files open as it may.</summary>
    ENFILE = 23,

    /// <summary>Too many open files.</summary>
    EMFILE = 24,

    /// <summary>The request is unknown to the object.</summary>
    ENOTTY = 25,

    /// <summary>A file would become longer than it may.</summary>
    EFBIG = 27,

    /// <summary>No space left.</summary>
    ENOSPC = 28,

    /// <summary>Broken pipe: the peer has gone.</summary>
    EPIPE = 32,

    /// <summary>A deadlock was avoided: back off and lock again.</summary>
    EDEADLK = 35,

    /// <summary>A name is too long.</summary>
    ENAMETOOLONG = 36,

    /// <summary>The function is not implemented here.</summary>
    ENOSYS = 38,

    /// <summary>A message did not have the agreed form.</summary>
    EPROTO = 71,

    /// <summary>A value or a sum does not fit its type.</summary>
    EOVERFLOW = 75,

    /// <summary>The descriptor is of the wrong kind or in a bad state.</summary>
    EBADFD = 77,

    /// <summary>The answer does not fit the space given for it.</summary>
    EMSGSIZE = 90,

    /// <summary>The socket at this address is of another type.</summary>
    EPROTOTYPE = 91,

    /// <summary>The socket has no such option.</summary>
    ENOPROTOOPT = 92,

    /// <summary>The protocol, or its version, is not spoken here.</summary>
    EPROTONOSUPPORT = 93,

    /// <summary>Not supported by this party or this pair.</summary>
    EOPNOTSUPP = 95,

    /// <summary>The address is in use.</summary>
    EADDRINUSE = 98,

    /// <summary>The connection was given up before it was accepted.</summary>
    ECONNABORTED = 103,

    /// <summary>The connection was reset by the peer.</summary>
    ECONNRESET = 104,

    /// <summary>No buffer space is left.</summary>
    ENOBUFS = 105,

    /// <summary>The peer is not connected.</summary>
    ENOTCONN = 107,

    /// <summary>Too many descriptors are on their way to processes that have not received them yet.</summary>
    ETOOMANYREFS = 109,

    /// <summary>A wait reached its deadline.</summary>
    ETIMEDOUT = 110,

    /// <summary>The peer refused the connection or does not listen.</summary>
    ECONNREFUSED = 111,

    /// <summary>The operation was cancelled.</summary>
    ECANCELED = 125,
}
