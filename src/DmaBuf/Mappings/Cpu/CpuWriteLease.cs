using System.Diagnostics.CodeAnalysis;

namespace DmaBuf;

/// <summary>One write access of the CPU. Its spans cannot outlive it; while it lives a revoke waits, up to its deadline.</summary>
/// <remarks>
/// Stays on the stack of one thread; several threads take a lease each. Do not copy it: the copy does not learn that the access has ended.
/// A revoke whose deadline passes while the lease lives puts other memory under its spans (zeros, which nobody else sees) where the exporter can; the spans stay usable, and the next
/// access is refused with ENODEV.
/// </remarks>
public ref struct CpuWriteLease
{
    private readonly CpuMapping _mapping;
    private AccessScope _access;
    private bool _bracketed;

    internal CpuWriteLease(CpuMapping mapping, AccessScope access, bool bracketed)
    {
        _mapping = mapping;
        _access = access;
        _bracketed = bracketed;
    }

    /// <summary>All bytes of a buffer of at most 2 GiB.</summary>
    /// <exception cref="DmaBufException">EOVERFLOW: larger; use <see cref="Window"/>.</exception>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    [UnscopedRef]
    public readonly Span<byte> Span
    {
        get
        {
            _access.ThrowIfEnded(nameof(CpuWriteLease));
            return _mapping.WindowOf(0, _mapping.WholeLength);
        }
    }

    /// <summary>Some bytes of a buffer of any size.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many bytes.</param>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    [UnscopedRef]
    public readonly Span<byte> Window(ulong offset, int length)
    {
        _access.ThrowIfEnded(nameof(CpuWriteLease));
        return _mapping.WindowOf(offset, length);
    }

    /// <summary>Ends the access; the second call does nothing.</summary>
    /// <exception cref="DmaBufException">EDEADLK: the reservation lock is held. The access has ended, the cache maintenance was left out.</exception>
    public void Dispose()
    {
        try
        {
            if (_bracketed || (_access.IsOpen && _mapping.HasMappingsApartFromCpu))
            {
                _bracketed = false;
                _mapping.EndBracket(DmaDirection.Bidirectional);
            }
        }
        finally
        {
            // An access that never ended would hold up every later revoke.
            _access.Dispose();
        }
    }
}
