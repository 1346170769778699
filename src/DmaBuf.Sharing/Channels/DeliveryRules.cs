namespace DmaBuf.Sharing;

/// <summary>How a subscriber and a publisher that share only words they each write alone agree on who has a delivery. Pure; a test walks every interleaving.</summary>
/// <remarks>
/// <para>A subscriber <em>claims</em> delivery d: it copies the slot, writes <c>taken = d + 1</c>, full fence, then reads <c>tail</c>. The claim holds if tail is not beyond d.
/// A publisher <em>retracts</em> delivery d: it writes <c>tail = d + 1</c>, full fence, then reads <c>taken</c>. It has the buffer back if taken is not beyond d.</para>
/// <para>Both write before they read, so at least one sees the other. If the publisher sees the claim, it leaves the buffer with the subscriber until that releases it; if the
/// subscriber sees the retraction, it gives the delivery up, and says so in <c>released</c>, as it cannot know whether the publisher saw the claim. Both may yield; never do both keep.</para>
/// </remarks>
internal static class DeliveryRules
{
    /// <summary>What the word of the slot where delivery <paramref name="wanted"/> is to appear says.</summary>
    internal static SlotState Judge(ulong wanted, ulong ready) =>
        ready == wanted + 1 ? SlotState.Ready : ready > wanted + 1 ? SlotState.Overtaken : SlotState.NotYet;

    /// <summary>Whether a claim holds, by the tail that was read after it was made.</summary>
    internal static bool ClaimHolds(ulong delivery, ulong tail) => tail <= delivery;

    /// <summary>Whether a retraction got the delivery back, by the word that was read after it was made. The word may be anything: the larger, the more is left to the peer.</summary>
    internal static bool IsRetracted(ulong delivery, ulong taken) => taken <= delivery;

    /// <summary>
    /// Where a subscriber goes on whose slot holds a later delivery, by that slot's word: behind the one that the later one replaced. What lies before is over for both, or its slot would not have
    /// been used again. It must not go further, to tail for example: what was announced there may not have been decided yet, and a claim behind it would decide it wrongly.
    /// </summary>
    /// <returns>Null: no publisher that keeps to the layout writes this word here.</returns>
    internal static ulong? Resume(ulong wanted, ulong ready, int slots) => ready - wanted - 1 >= (ulong)slots ? ready - (ulong)slots : null;
}
