namespace DmaBuf;

/// <summary>
/// The rules of wound/wait as pure functions: who waits, who is wounded, who gets it next. A test walks all interleavings of three parties over
/// two reservations through these very functions.
/// </summary>
internal static class WoundWait
{
    /// <summary>
    /// Must this party let go of everything instead of waiting? Only a wounded one that holds something: whoever holds nothing stands in nobody's
    /// way. That is also why a retry that begins with the contended reservation always gets through.
    /// </summary>
    public static bool MustBackOff(LockParty party) => party.HasTicket && party.IsWounded && party.HeldCount > 0;

    /// <summary>A party asks for a reservation which <paramref name="holder"/> holds; null if it is free.</summary>
    public static LockDecision OnRequest(LockParty? holder, LockParty requester)
    {
        if (MustBackOff(requester))
            return LockDecision.BackOff;
        if (holder is not { } held)
            return LockDecision.Take;
        return held.HasTicket && requester.HasTicket && requester.IsOlderThan(held) ? LockDecision.WoundHolderAndWait : LockDecision.Wait;
    }

    /// <summary>
    /// Who gets a reservation that is being released: the oldest. So no one left in the queue is older than the new holder, and a hand-over never
    /// has to wound.
    /// </summary>
    /// <returns>An index, or -1 if nobody waits.</returns>
    public static int Successor(ReadOnlySpan<LockParty> waiters)
    {
        int oldest = -1;
        for (int i = 0; i < waiters.Length; i++)
        {
            if (oldest < 0 || waiters[i].IsOlderThan(waiters[oldest]))
                oldest = i;
        }

        return oldest;
    }
}
