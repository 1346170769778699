using System.Runtime.CompilerServices;

namespace DmaBuf;

/// <summary>
/// A <see cref="GateState"/> shared between threads. Enter and leave compare-and-swap the whole transition, so that a refused enter never shows up as
/// somebody inside: a transient count could let the tear-down be given to nobody or to two.
/// </summary>
internal struct MappingGate
{
    private int _word;

    internal readonly GateState State => new(Volatile.Read(in _word));

    /// <summary>The common case of an enter: open, and nobody interferes. False says nothing; ask <see cref="Apply"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryEnter()
    {
        int seen = _word;
        return (seen & GateState.ClosedBits) == 0 && Interlocked.CompareExchange(ref _word, seen + 1, seen) == seen;
    }

    /// <summary>The common case of a leave: open, and nobody interferes. False says nothing; ask <see cref="Apply"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryLeave()
    {
        int seen = _word;
        return (seen & GateState.ClosedBits) == 0 && seen != 0 && Interlocked.CompareExchange(ref _word, seen - 1, seen) == seen;
    }

    internal GateEffect Apply(GateEvent happened)
    {
        while (true)
        {
            int seen = Volatile.Read(ref _word);
            (GateState next, GateEffect effect) = GateState.Apply(new GateState(seen), happened);
            if (next.Word == seen || Interlocked.CompareExchange(ref _word, next.Word, seen) == seen)
            {
                return effect;
            }
        }
    }
}
