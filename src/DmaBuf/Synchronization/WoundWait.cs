namespace DmaBuf;

/// <summary>The decisions of wound/wait as pure functions, so that a test can walk every interleaving.</summary>
internal static class WoundWait
{
    /// <summary>What <paramref name="wanting"/> does on finding the lock held by <paramref name="holding"/>; null: by one without a ticket.</summary>
    internal static WoundWaitDecision Decide(LockStanding wanting, LockStanding? holding)
    {
        if (wanting is { IsWounded: true, HoldsOthers: true })
        {
            return WoundWaitDecision.BackOff;
        }

        return wanting.HasTicket && holding is { HasTicket: true } holder && wanting.Stamp < holder.Stamp
            ? WoundWaitDecision.WoundAndWait
            : WoundWaitDecision.Wait;
    }

    /// <summary>The index of the waiter whose turn is next: the oldest. -1: nobody waits.</summary>
    internal static int Next(ReadOnlySpan<LockStanding> waiting)
    {
        int next = -1;
        for (int index = 0; index < waiting.Length; index++)
        {
            if (next < 0 || waiting[index].Stamp < waiting[next].Stamp)
            {
                next = index;
            }
        }

        return next;
    }
}
