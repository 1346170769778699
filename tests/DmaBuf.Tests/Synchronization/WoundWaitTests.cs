namespace DmaBuf.Tests.Synchronization;

/// <summary>The rules of wound/wait, walked through all interleavings, and shown to be needed by mutants that the same walk catches.</summary>
public sealed class WoundWaitTests
{
    private static readonly string[] s_scripts = ["AB", "BA", "a", "b"];

    private static IEnumerable<string[]> AllScripts =>
        from oldest in s_scripts from middle in s_scripts from youngest in s_scripts select new[] { oldest, middle, youngest };

    [Fact]
    public void Three_parties_over_two_reservations_never_deadlock_and_the_oldest_never_backs_off()
    {
        int states = 0;
        foreach (string[] scripts in AllScripts)
        {
            var model = new WoundWaitModel(scripts, WoundWait.OnRequest, WoundWait.Successor);
            Assert.Null(model.Walk() is { } violation ? $"{string.Join(',', scripts)}: {violation}" : null);
            states += model.StateCount;
        }

        Assert.True(states > 10_000, $"The walk visited only {states} states.");
    }

    [Fact]
    public void Without_wounding_the_walk_finds_a_deadlock()
        => Assert.Contains(Violations(NeverWound, WoundWait.Successor), static found => found.StartsWith("deadlock", StringComparison.Ordinal));

    [Fact]
    public void If_the_younger_wounds_the_older_the_walk_finds_an_oldest_that_backs_off()
        => Assert.Contains(Violations(YoungerWounds, WoundWait.Successor), static found => found.StartsWith("the oldest", StringComparison.Ordinal));

    [Fact]
    public void If_the_youngest_waiter_were_served_first_the_walk_finds_a_deadlock()
        => Assert.Contains(Violations(WoundWait.OnRequest, YoungestFirst), static found => found.StartsWith("deadlock", StringComparison.Ordinal));

    [Fact]
    public void A_request_that_ignores_the_holder_is_found_as_two_holders()
        => Assert.Contains(Violations(static (_, _) => LockDecision.Take, WoundWait.Successor), static found => found.StartsWith("two", StringComparison.Ordinal));

    [Theory]
    [InlineData(false, 0, false)]
    [InlineData(false, 1, false)]
    [InlineData(true, 0, false)]
    [InlineData(true, 1, true)]
    public void Only_a_wounded_ticket_that_holds_something_has_to_back_off(bool wounded, int held, bool expected)
    {
        Assert.Equal(expected, WoundWait.MustBackOff(new LockParty(7, HasTicket: true, wounded, held)));
        Assert.False(WoundWait.MustBackOff(new LockParty(7, HasTicket: false, wounded, held)));
    }

    [Fact]
    public void Nobody_is_next_where_nobody_waits() => Assert.Equal(-1, WoundWait.Successor([]));

    private static IEnumerable<string> Violations(WoundWaitModel.RequestRule onRequest, WoundWaitModel.SuccessorRule successor)
        => AllScripts.Select(scripts => new WoundWaitModel(scripts, onRequest, successor).Walk()).OfType<string>();

    private static LockDecision NeverWound(LockParty? holder, LockParty requester) =>
        WoundWait.OnRequest(holder, requester) is var decision && decision == LockDecision.WoundHolderAndWait ? LockDecision.Wait : decision;

    private static LockDecision YoungerWounds(LockParty? holder, LockParty requester)
    {
        LockDecision decision = WoundWait.OnRequest(holder, requester);
        bool swap = holder is { HasTicket: true } && requester.HasTicket && decision is LockDecision.Wait or LockDecision.WoundHolderAndWait;
        return !swap || holder is not { HasTicket: true } ? decision
            : decision == LockDecision.Wait ? LockDecision.WoundHolderAndWait : LockDecision.Wait;
    }

    private static int YoungestFirst(ReadOnlySpan<LockParty> waiters)
    {
        int youngest = -1;
        for (int i = 0; i < waiters.Length; i++)
        {
            if (youngest < 0 || waiters[youngest].IsOlderThan(waiters[i]))
                youngest = i;
        }

        return youngest;
    }
}
