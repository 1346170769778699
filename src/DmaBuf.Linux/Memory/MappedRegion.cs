using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>One region of address space from <c>mmap</c>: the kernel object behind <see cref="MemoryMapping"/>, unmapped exactly once.</summary>
/// <remarks>
/// A reference (<c>DangerousAddRef</c>) keeps the region in place; overlaying changes what lies in it, never where it lies. An overlay holds
/// such a reference: after an unmap the address may belong to someone else, whose memory it would destroy.
/// </remarks>
internal sealed class MappedRegion : SafeHandle
{
    private readonly nuint _length;

    /// <summary>Takes over a region that <c>mmap</c> returned.</summary>
    internal MappedRegion(nint address, nuint length)
        : base(-1, ownsHandle: true)
    {
        _length = length;
        SetHandle(address);
    }

    public override bool IsInvalid => handle == -1;

    /// <summary>Puts fresh zero pages at the same addresses, in one step: a reader meets the old bytes or zeros, and never a gap.</summary>
    internal Errno Overlay(int protection)
    {
        bool added = false;
        try
        {
            DangerousAddRef(ref added);
            // NORESERVE: no one is meant to write here, so nothing is accounted for it until someone does.
            int flags = Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_FIXED | Libc.MAP_NORESERVE;
            return Libc.mmap_anonymous(handle, _length, protection, flags, -1, 0) == handle ? Errno.None : NativeError.Last;
        }
        finally
        {
            if (added)
            {
                DangerousRelease();
            }
        }
    }

    protected override bool ReleaseHandle() => Libc.munmap(handle, _length) == 0;
}
