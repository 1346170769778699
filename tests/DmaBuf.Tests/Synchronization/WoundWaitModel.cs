using System.Globalization;
using System.Numerics;

namespace DmaBuf.Tests.Synchronization;

/// <summary>
/// Three parties over two reservations, A and B, stepped one atomic action at a time through the product's own rules. <see cref="Walk"/> visits
/// every state that any interleaving can reach.
/// </summary>
/// <param name="scripts">
/// What each party locks, in the order of their age: "AB" and "BA" with a ticket, "a" and "b" one alone without a ticket.
/// </param>
/// <param name="onRequest">The rule for a request; the product's, or a mutant of it.</param>
/// <param name="successor">The rule for a hand-over; the product's, or a mutant of it.</param>
internal sealed class WoundWaitModel(string[] scripts, WoundWaitModel.RequestRule onRequest, WoundWaitModel.SuccessorRule successor)
{
    private const int Nobody = -1;

    private readonly Dictionary<string, State> _states = [];
    private readonly Dictionary<string, List<string>> _cameFrom = [];

    public delegate LockDecision RequestRule(LockParty? holder, LockParty requester);

    public delegate int SuccessorRule(ReadOnlySpan<LockParty> waiters);

    private enum Phase
    {
        Choose,
        Ask,
        Wait,
        BackOff,
        Finish,
        Done,
    }

    public int StateCount => _states.Count;

    /// <summary>The first broken promise that was found, or null.</summary>
    public string? Walk()
    {
        var start = new State([.. scripts.Select(_ => new Actor(Phase.Choose, 0, false, default, Nobody))], [Nobody, Nobody]);
        var open = new Stack<State>();
        Visit(start, null, open);
        while (open.TryPop(out State? state))
        {
            int steps = 0;
            for (int actor = 0; actor < scripts.Length; actor++)
            {
                foreach ((State next, string? violation) in Step(state, actor))
                {
                    if (violation is not null)
                        return $"{violation}: {state.Key}";
                    steps++;
                    Visit(next, state.Key, open);
                }
            }

            if (steps == 0 && !state.IsFinal)
                return $"deadlock: {state.Key}";
        }

        return FindStateWithoutEnd() is { } trapped ? $"no way to the end: {trapped}" : null;
    }

    private void Visit(State state, string? from, Stack<State> open)
    {
        if (_states.TryAdd(state.Key, state))
        {
            _cameFrom[state.Key] = [];
            open.Push(state);
        }

        if (from is not null)
            _cameFrom[state.Key].Add(from);
    }

    private string? FindStateWithoutEnd()
    {
        var reaching = new HashSet<string>();
        var open = new Stack<string>(_states.Values.Where(static state => state.IsFinal).Select(static state => state.Key));
        while (open.TryPop(out string? key))
        {
            if (reaching.Add(key))
            {
                foreach (string before in _cameFrom[key])
                    open.Push(before);
            }
        }

        return _states.Keys.FirstOrDefault(key => !reaching.Contains(key));
    }

    private IEnumerable<(State Next, string? Violation)> Step(State state, int i)
    {
        Actor actor = state.Actors[i];
        switch (actor.Phase)
        {
            case Phase.Choose when Target(actor, i) == Nobody:
                return [(state.With(i, actor with { Phase = Phase.Finish }), null)];
            case Phase.Choose:
                // The party looks at itself before it asks; a wound may come in between.
                actor = actor with { Wounded = actor.Wounded && actor.Held != 0, Phase = Phase.Ask };
                return [(state.With(i, actor with { Seen = Party(actor, i) }), null)];
            case Phase.Ask:
                return [Ask(state, i)];
            case Phase.Wait when WoundWait.MustBackOff(Party(actor, i)):
                return [BackOff(state, i)];
            case Phase.BackOff when actor.Held == 0:
                return [(state.With(i, actor with { Phase = Phase.Choose }), null)];
            case Phase.Finish when actor.Held == 0:
                return [(state.With(i, actor with { Phase = Phase.Done }), null)];
            case Phase.BackOff or Phase.Finish:
                return [.. new[] { 0, 1 }.Where(l => (actor.Held & (1 << l)) != 0).Select(l => (Release(state, i, l), (string?)null))];
            default:
                return [];
        }
    }

    private (State Next, string? Violation) Ask(State state, int i)
    {
        Actor actor = state.Actors[i];
        int target = Target(actor, i);
        int holder = state.Holders[target];
        LockDecision decision = onRequest(holder == Nobody ? null : Party(state.Actors[holder], holder), actor.Seen);
        switch (decision)
        {
            case LockDecision.Take:
                return (Take(state, i, target), holder == Nobody ? null : "two hold the same reservation");
            case LockDecision.BackOff:
                return BackOff(state, i);
            case LockDecision.WoundHolderAndWait:
                if (holder == Nobody || !HasTicket(holder))
                    return (state, "somebody without a ticket was wounded");
                State wounded = state.With(holder, state.Actors[holder] with { Wounded = true });
                return (wounded.With(i, actor with { Phase = Phase.Wait }), null);
            default:
                return (state.With(i, actor with { Phase = Phase.Wait }), holder == Nobody ? "somebody waits for a free reservation" : null);
        }
    }

    private (State Next, string? Violation) BackOff(State state, int i)
    {
        bool olderOneIsAtWork = Enumerable.Range(0, i).Any(older => HasTicket(older) && state.Actors[older].Phase != Phase.Done);
        Actor actor = state.Actors[i];
        return (state.With(i, actor with { Phase = Phase.BackOff, First = Target(actor, i) }), olderOneIsAtWork ? null : "the oldest backs off");
    }

    private State Release(State state, int i, int reservation)
    {
        Actor actor = state.Actors[i];
        State released = state.With(i, actor with { Held = actor.Held & ~(1 << reservation) }).WithHolder(reservation, Nobody);
        int[] waiting = [.. Enumerable.Range(0, scripts.Length)
            .Where(w => released.Actors[w].Phase == Phase.Wait && Target(released.Actors[w], w) == reservation)];
        int next = successor([.. waiting.Select(w => Party(released.Actors[w], w))]);
        return next < 0 ? released : Take(released, waiting[next], reservation);
    }

    private static State Take(State state, int i, int reservation)
    {
        Actor actor = state.Actors[i];
        int first = actor.First == reservation ? Nobody : actor.First;
        return state.With(i, actor with { Held = actor.Held | (1 << reservation), Phase = Phase.Choose, First = first })
            .WithHolder(reservation, i);
    }

    private bool HasTicket(int i) => scripts[i].Length > 1;

    private LockParty Party(Actor actor, int i) => new((ulong)i + 1, HasTicket(i), actor.Wounded, BitOperations.PopCount((uint)actor.Held));

    private int Target(Actor actor, int i)
    {
        if (actor.First != Nobody)
            return actor.First;
        foreach (char letter in scripts[i])
        {
            int reservation = char.ToUpperInvariant(letter) - 'A';
            if ((actor.Held & (1 << reservation)) == 0)
                return reservation;
        }

        return Nobody;
    }

    private readonly record struct Actor(Phase Phase, int Held, bool Wounded, LockParty Seen, int First);

    private sealed class State(Actor[] actors, int[] holders)
    {
        public Actor[] Actors => actors;

        public int[] Holders => holders;

        public bool IsFinal => actors.All(static actor => actor.Phase == Phase.Done);

        public string Key { get; } = string.Join(" | ", actors.Select(Text)) + string.Create(CultureInfo.InvariantCulture, $" A:{holders[0]} B:{holders[1]}");

        public State With(int index, Actor actor)
        {
            Actor[] changed = [.. actors];
            changed[index] = actor;
            return new State(changed, holders);
        }

        public State WithHolder(int reservation, int holder)
        {
            int[] changed = [.. holders];
            changed[reservation] = holder;
            return new State(actors, changed);
        }

        // What a party saw of itself matters only until it has asked.
        private static string Text(Actor actor) => string.Create(
            CultureInfo.InvariantCulture,
            $"{actor.Phase} held {actor.Held} wounded {actor.Wounded} first {actor.First} saw {(actor.Phase == Phase.Ask && actor.Seen.IsWounded ? 1 : 0)}");
    }
}
