using System.Diagnostics.CodeAnalysis;

namespace DmaBuf;

/// <summary>One look at a physical address list. Its span cannot outlive it; while it lives a revoke waits, up to its deadline.</summary>
/// <remarks>Stays on the stack of one thread; several threads take a lease each.</remarks>
public ref struct PhysicalAddressListLease
{
    private readonly PhysicalAddressList _list;
    private AccessScope _access;

    internal PhysicalAddressListLease(PhysicalAddressList list, AccessScope access)
    {
        _list = list;
        _access = access;
    }

    /// <summary>The ranges in the order of the buffer's bytes; page aligned, not empty, together the buffer's size.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    [UnscopedRef]
    public readonly ReadOnlySpan<PhysicalRange> Entries
    {
        get
        {
            _access.ThrowIfEnded(nameof(PhysicalAddressListLease));
            return _list.Entries;
        }
    }

    /// <summary>What all of the ranges are.</summary>
    public readonly PhysicalMemoryKind Kind => _list.Kind;

    /// <summary>How all of the ranges may be cached.</summary>
    public readonly Cacheability Cacheability => _list.Cacheability;

    /// <summary>Ends the look; the second call does nothing.</summary>
    public void Dispose() => _access.Dispose();
}
