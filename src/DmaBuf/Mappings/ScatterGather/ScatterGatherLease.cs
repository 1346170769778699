using System.Diagnostics.CodeAnalysis;

namespace DmaBuf;

/// <summary>One look at a table. Its span cannot outlive it; while it lives a revoke waits, up to its deadline.</summary>
/// <remarks>Stays on the stack of one thread; several threads take a lease each.</remarks>
public ref struct ScatterGatherLease
{
    private readonly ScatterGatherTable _table;
    private AccessScope _access;

    internal ScatterGatherLease(ScatterGatherTable table, AccessScope access)
    {
        _table = table;
        _access = access;
    }

    /// <summary>The entries in the order of the buffer's bytes; addresses and lengths are page aligned.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<ScatterGatherEntry> Entries => _table.Entries;

    /// <summary>The sum of the lengths in bytes; equal to the buffer's size.</summary>
    public readonly ulong TotalLength => _table.TotalLength;

    /// <summary>Ends the look; the second call does nothing.</summary>
    public void Dispose() => _access.Dispose();
}
