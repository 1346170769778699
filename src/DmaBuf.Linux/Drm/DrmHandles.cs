using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>The handles of one open node, each with the number of its users, because the kernel counts none.</summary>
/// <remarks>Threads: any. The lock is a leaf; the kernel is called under it, so that an import never gets a handle that is being closed.</remarks>
internal sealed class DrmHandles(SafeFileHandle node, string path)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, int> _users = [];

    /// <summary>An ioctl that answers with a handle.</summary>
    internal delegate Errno Opening(ref uint handle);

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _users.Count;
            }
        }
    }

    /// <returns>The handle, with one user more.</returns>
    internal uint Open(Opening open, string tried, Func<Errno, string> remedy)
    {
        Errno errno;
        uint handle = 0;
        lock (_lock)
        {
            errno = open(ref handle);
            if (errno == Errno.None)
            {
                _users[handle] = _users.GetValueOrDefault(handle) + 1;
            }
        }

        return errno == Errno.None ? handle : throw NativeError.Failure(errno, tried, remedy(errno));
    }

    /// <summary>One user less; the last closes it. Never throws: a node that is closed has closed its handles.</summary>
    internal void Close(uint handle)
    {
        lock (_lock)
        {
            int users = _users[handle] - 1;
            if (users > 0)
            {
                _users[handle] = users;
                return;
            }

            _users.Remove(handle);
            if (node.IsClosed)
            {
                return;
            }

            DrmUapi.drm_gem_close request = new() { handle = handle };
            Errno errno = DeviceCall.Try(node, DrmUapi.DRM_IOCTL_GEM_CLOSE, ref request);
            System.Diagnostics.Debug.Assert(errno == Errno.None, $"A handle that {path} gave out is open until we close it.");
        }
    }
}
