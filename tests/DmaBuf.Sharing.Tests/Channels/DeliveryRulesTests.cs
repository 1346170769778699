namespace DmaBuf.Sharing.Tests;

/// <summary>
/// Every interleaving of a subscriber that takes deliveries and a publisher that takes them back, each access to a shared word one step: the publisher's memory for a buffer is never
/// written while the subscriber believes that it holds it, and nothing stays with nobody.
/// </summary>
public sealed class DeliveryRulesTests
{
    // The publisher has delivered 0, 1 and 2. It takes back 0, then 1, delivers 3, and delivers 4 in the slot of 0 once 0 is over.
    private const int Slots = 4;
    private const int Deliveries = 5;

    private readonly HashSet<State> _seen = [];
    private int _ends;

    /// <summary>Words as they lie in memory; masks are by delivery.</summary>
    private readonly record struct State(
        ulong Slot0, ulong Slot1, ulong Slot2, ulong Slot3, ulong Tail, ulong Taken, // shared words
        int Reader, ulong Wanted, int Holds, int Told, int HeldOnce, // the subscriber
        int Writer, int Back, int Claimed) // the publisher
    {
        internal ulong Ready => (Wanted % Slots) switch { 0 => Slot0, 1 => Slot1, 2 => Slot2, _ => Slot3 };
    }

    [Fact]
    public void No_interleaving_gives_a_delivery_to_both_or_to_nobody()
    {
        Walk(new State { Slot0 = 1, Slot1 = 2, Slot2 = 3 });
        Assert.True(_seen.Count > 40, $"{_seen.Count} states");
        Assert.True(_ends > 3, $"{_ends} ends");
    }

    private void Walk(State state)
    {
        if (!_seen.Add(state))
            return;
        // What came back to the publisher is not in the subscriber's hands.
        Assert.Equal(0, state.Back & state.Holds);
        bool moved = false;
        foreach (State next in (State?[])[StepReader(state), StepWriter(state)] is var steps ? steps.OfType<State>() : [])
        {
            moved = true;
            Walk(next);
        }

        if (moved)
            return;
        _ends++;
        // At rest each delivery was either retracted or told as released, and the publisher waits for nothing else.
        Assert.Equal((1 << Deliveries) - 1, state.Back | state.Told);
        Assert.Equal(0, state.Claimed & ~state.Told);
        Assert.Equal(0, state.HeldOnce & state.Back);
    }

    /// <summary>Look at the slot, claim, look at the tail, release; then the next. Null: nothing to do.</summary>
    private static State? StepReader(State state)
    {
        int bit = 1 << (int)state.Wanted;
        return state.Reader switch
        {
            0 => DeliveryRules.Judge(state.Wanted, state.Ready) switch
            {
                SlotState.NotYet => null,
                SlotState.Ready => state with { Reader = 1 },
                _ => state with { Wanted = DeliveryRules.Resume(state.Wanted, state.Ready, Slots)!.Value },
            },
            1 => state with { Reader = 2, Taken = state.Wanted + 1 },
            2 => DeliveryRules.ClaimHolds(state.Wanted, state.Tail)
                ? state with { Reader = 3, Holds = state.Holds | bit, HeldOnce = state.HeldOnce | bit }
                : state with { Reader = 0, Told = state.Told | bit, Wanted = state.Wanted + 1 },
            _ => state with { Reader = 0, Holds = state.Holds & ~bit, Told = state.Told | bit, Wanted = state.Wanted + 1 },
        };
    }

    /// <summary>Take back 0, then 1; deliver twice more. Null: nothing to do.</summary>
    private static State? StepWriter(State state) => state.Writer switch
    {
        0 => state with { Writer = 1, Tail = 1 },
        1 => Decide(state, 0),
        2 => state with { Writer = 3, Tail = 2 },
        3 => Decide(state, 1),
        4 => state with { Writer = 5, Slot3 = 4 },
        5 when ((state.Back | state.Told) & 1) != 0 => state with { Writer = 6, Slot0 = 5 },
        _ => null,
    };

    private static State Decide(State state, int delivery) => DeliveryRules.IsRetracted((ulong)delivery, state.Taken)
        ? state with { Writer = state.Writer + 1, Back = state.Back | (1 << delivery) }
        : state with { Writer = state.Writer + 1, Claimed = state.Claimed | (1 << delivery) };

    [Fact]
    public void A_word_that_no_queue_can_hold_leads_nowhere()
    {
        Assert.Null(DeliveryRules.Resume(5, 7, 4));
        Assert.Null(DeliveryRules.Resume(5, 9, 4));
        Assert.Equal(6u, DeliveryRules.Resume(5, 10, 4));
        Assert.Equal(10u, DeliveryRules.Resume(5, 14, 4));
    }
}
