using System.Runtime.InteropServices;

namespace DmaBuf;

/// <summary>The use of a buffer's descriptor for one call: to send it, or to hand it to a kernel interface.</summary>
/// <remarks>Stays on the stack of one thread; several threads take a lease each.</remarks>
public ref struct DescriptorLease
{
    private readonly SafeHandle _handle;
    private AccessScope _access;

    internal DescriptorLease(SafeHandle handle, AccessScope access)
    {
        _handle = handle;
        _access = access;
    }

    /// <summary>The handle, owned by the mapping: never dispose it, and do not keep it beyond the lease.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    public readonly SafeHandle Handle
    {
        get
        {
            _access.ThrowIfEnded(nameof(DescriptorLease));
            return _handle;
        }
    }

    /// <summary>Ends the use; the second call does nothing.</summary>
    public void Dispose() => _access.Dispose();
}
