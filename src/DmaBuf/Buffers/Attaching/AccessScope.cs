using System.Runtime.CompilerServices;

namespace DmaBuf;

/// <summary>
/// One access in progress. While it lives the mapping is not torn down; dispose it on every path, once. A revoke refuses new accesses and waits for
/// this one.
/// </summary>
/// <remarks>Stays on the stack of one thread; several threads enter a scope each.</remarks>
public ref struct AccessScope
{
    private Mapping? _mapping;

    internal AccessScope(Mapping mapping) => _mapping = mapping;

    internal readonly bool IsOpen => _mapping is not null;

    /// <summary>Refuses to show memory after the access has ended. A copy of the scope does not learn of it.</summary>
    internal readonly void ThrowIfEnded(string lease)
    {
        if (_mapping is null)
        {
            ThrowEnded(lease);
        }
    }

    /// <summary>Ends the access; the second call does nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose()
    {
        Mapping? mapping = _mapping;
        _mapping = null;
        mapping?.LeaveAccess();
    }

    private static void ThrowEnded(string lease)
        => throw new ObjectDisposedException(lease, "The access has ended, so its memory may be gone. Take another lease from the mapping.");
}
