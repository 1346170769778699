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

    /// <summary>Ends the access; the second call does nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose()
    {
        Mapping? mapping = _mapping;
        _mapping = null;
        mapping?.LeaveAccess();
    }
}
