namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>
/// The rebased tree's count of mappings: it starts at one, each map takes one, and who ends the use drops the initial one and waits for zero. Closing after a revoke drops
/// the initial one a second time (D-21).
/// </summary>
internal sealed class RebasedMappingCount
{
    private int _references = 1;

    internal void Map() => _references++;

    /// <summary>Whether the wait for the mappings ends at once.</summary>
    internal bool EndUse() => --_references == 0;
}
