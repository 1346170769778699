namespace DmaBuf.Machine;

/// <summary>
/// Removes several functions that leave together: those below a port, or a physical function with its virtual ones.
/// </summary>
/// <remarks>
/// Theory: what is numbered last goes first, so that a virtual function goes before its physical one. An orderly removal is one after the other. A surprise takes the link
/// away under all of them at once: first every gate closes and is drained, so that no driver that is told of one function still reaches another; only then are they told.
/// Each function's removal takes the machine's removal lock by itself: between two of them another removal may come.
/// </remarks>
internal static class PciSubtree
{
    /// <summary>Removes the functions.</summary>
    /// <param name="functions">In the order of their addresses.</param>
    /// <param name="kind">Whether drivers are told before or after.</param>
    /// <returns>What each removal did, in the order in which they were made.</returns>
    /// <exception cref="DmaBufException">EDEADLK: called from a register's callback; nothing was removed.</exception>
    public static IReadOnlyList<PciRemoval> Remove(IReadOnlyList<PciFunction> functions, PciRemovalKind kind)
    {
        if (functions.Count != 0)
        {
            PciPresence.RefuseInsideAccess(functions[0]);
        }

        if (kind == PciRemovalKind.Surprise)
        {
            foreach (PciFunction function in functions)
            {
                function.Presence.CutOff();
            }

            foreach (PciFunction function in functions)
            {
                function.Presence.Gate.Drain();
            }
        }

        return [.. functions.Reverse().Select(function => function.Presence.Remove(function, kind))];
    }
}
