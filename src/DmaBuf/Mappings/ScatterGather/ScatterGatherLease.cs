using System.Diagnostics.CodeAnalysis;

namespace DmaBuf;

/// <summary>One look at a table. Its span cannot outlive it; while it lives a revoke waits, up to its deadline.</summary>
/// <remarks>Stays on the stack of one thread; several threads take a lease each.</remarks>
public ref struct ScatterGatherLease
{
    // Taken at once: after a revoke took the mapping away the table is over, but its numbers stay with whoever is reading them.
    private readonly ReadOnlySpan<ScatterGatherEntry> _entries;
    private AccessScope _access;

    internal ScatterGatherLease(ScatterGatherTable table, AccessScope access)
    {
        _entries = table.Entries;
        TotalLength = table.TotalLength;
        _access = access;
    }

    /// <summary>The entries in the order of the buffer's bytes; addresses and lengths are page aligned.</summary>
    /// <remarks>A revoke that takes the mapping away leaves a live lease its entries; their addresses lead nowhere any more.</remarks>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    [UnscopedRef]
    public readonly ReadOnlySpan<ScatterGatherEntry> Entries
    {
        get
        {
            _access.ThrowIfEnded(nameof(ScatterGatherLease));
            return _entries;
        }
    }

    /// <summary>The sum of the lengths in bytes; equal to the buffer's size.</summary>
    public readonly ulong TotalLength { get; }

    /// <summary>Ends the look; the second call does nothing.</summary>
    public void Dispose() => _access.Dispose();
}
