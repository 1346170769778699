namespace DmaBuf;

/// <summary>
/// The gate between accesses and the end of a mapping, as one word: how many are inside, and whether it is closed. The transition function is pure so
/// that a test can walk every interleaving; <see cref="MappingGate"/> applies it with one interlocked operation.
/// </summary>
/// <remarks>
/// Vocabulary: <i>inside</i> counts accesses that have begun and not ended. <i>Revoked</i> refuses new accesses but leaves the mapping to its importer.
/// <i>Unmapped</i> refuses new accesses, and whoever finds nobody inside tears down: the unmapper, or the last one to leave.
/// </remarks>
/// <param name="Word">Bits 0 to 27: accesses inside; bit 28: revoked; bit 29: unmapped.</param>
internal readonly record struct GateState(int Word)
{
    internal const int RevokedBit = 1 << 28;
    internal const int UnmappedBit = 1 << 29;
    internal const int ClosedBits = RevokedBit | UnmappedBit;
    internal const int InsideMask = RevokedBit - 1;

    internal int Inside => Word & InsideMask;

    internal bool IsRevoked => (Word & RevokedBit) != 0;

    internal bool IsUnmapped => (Word & UnmappedBit) != 0;

    internal static (GateState Next, GateEffect Effect) Apply(GateState state, GateEvent happened)
    {
        switch (happened)
        {
            case GateEvent.Enter when state.IsUnmapped:
                return (state, GateEffect.RefusedUnmapped);
            case GateEvent.Enter when state.IsRevoked:
                return (state, GateEffect.RefusedRevoked);
            case GateEvent.Enter:
                return (new GateState(state.Word + 1), GateEffect.Entered);
            case GateEvent.Leave when state.Inside == 0:
                return (state, GateEffect.Unbalanced);
            case GateEvent.Leave:
                return (new GateState(state.Word - 1), state.IsUnmapped && state.Inside == 1 ? GateEffect.TearDown : GateEffect.None);
            case GateEvent.Revoke:
                return (new GateState(state.Word | RevokedBit), GateEffect.None);
            case GateEvent.Unmap when state.IsUnmapped:
                return (state, GateEffect.RefusedUnmapped);
            default:
                return (new GateState(state.Word | UnmappedBit), state.Inside == 0 ? GateEffect.TearDown : GateEffect.None);
        }
    }
}
