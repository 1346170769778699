namespace DmaBuf.Tests.Buffers;

/// <summary>
/// The gate between accesses and the end of a mapping: its pure transition function walked through every interleaving of three actors, and the real
/// word under threads.
/// </summary>
public sealed class GateTests
{
    private const char Enter = 'e';
    private const char Leave = 'l';
    private const char Unmap = 'u';
    private const char Revoke = 'r';

    [Theory]
    [InlineData("el", "el", "u", 30)]
    [InlineData("elel", "elel", "u", 630)]
    [InlineData("elel", "u", "r", 30)]
    [InlineData("elel", "elel", "ru", 3150)]
    [InlineData("elelel", "u", "u", 56)]
    [InlineData("el", "ur", "ur", 90)]
    [InlineData("eell", "elel", "uru", 11550)]
    public void In_every_interleaving_one_actor_tears_down_exactly_when_unmapped_and_empty(string first, string second, string third, int interleavings)
    {
        int walked = 0;
        Walk(default, new Actor(first), new Actor(second), new Actor(third), tornDown: 0, ref walked);
        Assert.Equal(interleavings, walked);
    }

    [Fact]
    public void A_leave_without_an_enter_is_told_and_changes_nothing()
        => Assert.Equal((new GateState(GateState.UnmappedBit), GateEffect.Unbalanced), GateState.Apply(new GateState(GateState.UnmappedBit), GateEvent.Leave));

    [Fact]
    public void A_revoked_gate_refuses_accesses_with_ENODEV_until_it_is_unmapped_and_then_as_unmapped()
    {
        GateState revoked = GateState.Apply(default, GateEvent.Revoke).Next;
        Assert.Equal(GateEffect.RefusedRevoked, GateState.Apply(revoked, GateEvent.Enter).Effect);
        (GateState unmapped, GateEffect effect) = GateState.Apply(revoked, GateEvent.Unmap);
        Assert.Equal((GateEffect.TearDown, GateEffect.RefusedUnmapped), (effect, GateState.Apply(unmapped, GateEvent.Enter).Effect));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Under_threads_the_real_gate_is_torn_down_once_and_with_nobody_inside(int seed)
    {
        const int Workers = 3;
        const int Rounds = 400;
        Random random = new(seed);
        using Barrier barrier = new(Workers + 1);
        SharedGate shared = new();
        int wrong = 0;
        Task[] workers = [.. Enumerable.Range(0, Workers).Select(_ => Task.Run(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                barrier.SignalAndWait();
                while (shared.TryAccess())
                {
                }

                barrier.SignalAndWait();
            }
        }))];
        for (int round = 0; round < Rounds; round++)
        {
            shared.Reset();
            barrier.SignalAndWait();
            Thread.SpinWait(random.Next(400));
            if (random.Next(2) == 0)
            {
                shared.Apply(GateEvent.Revoke);
                Thread.SpinWait(random.Next(100));
            }

            shared.Apply(GateEvent.Unmap);
            barrier.SignalAndWait();
            wrong += shared is { TornDown: 1, Violations: 0 } ? 0 : 1;
        }

        Task.WaitAll(workers);
        Assert.Equal(0, wrong);
    }

    private static void Walk(GateState state, Actor first, Actor second, Actor third, int tornDown, ref int walked)
    {
        Span<Actor> actors = [first, second, third];
        bool anybody = false;
        for (int index = 0; index < actors.Length; index++)
        {
            if (actors[index].IsDone)
            {
                continue;
            }

            anybody = true;
            (GateState next, GateEffect effect, Actor moved) = actors[index].Step(state);
            bool tearsDown = effect == GateEffect.TearDown;
            Assert.False(tearsDown && !(next.IsUnmapped && next.Inside == 0), "torn down with somebody inside, or while mapped");
            Assert.False(effect == GateEffect.Entered && (state.Word & GateState.ClosedBits) != 0, "an access began after the gate had closed");
            Assert.False(effect == GateEffect.Unbalanced, "a leave that had entered was refused");
            Assert.True(tornDown + (tearsDown ? 1 : 0) <= 1, "torn down twice");
            Actor[] after = [first, second, third];
            after[index] = moved;
            Walk(next, after[0], after[1], after[2], tornDown + (tearsDown ? 1 : 0), ref walked);
        }

        if (!anybody)
        {
            walked++;
            Assert.Equal(0, state.Inside);
            Assert.Equal(state.IsUnmapped ? 1 : 0, tornDown);
        }
    }

    /// <summary>A script and how far it has come. A refused enter makes the leave that belongs to it nothing.</summary>
    private readonly record struct Actor(string Script, int Position = 0, int Inside = 0)
    {
        internal bool IsDone => Position == Script.Length;

        internal (GateState Next, GateEffect Effect, Actor Moved) Step(GateState state)
        {
            char step = Script[Position];
            Actor moved = this with { Position = Position + 1 };
            if (step == Leave && Inside == 0)
            {
                return (state, GateEffect.None, moved);
            }

            (GateState next, GateEffect effect) = GateState.Apply(state, step switch
            {
                Enter => GateEvent.Enter,
                Leave => GateEvent.Leave,
                Unmap => GateEvent.Unmap,
                Revoke => GateEvent.Revoke,
                _ => throw new ArgumentOutOfRangeException(nameof(state)),
            });
            int inside = Inside + (effect == GateEffect.Entered ? 1 : step == Leave ? -1 : 0);
            return (next, effect, moved with { Inside = inside });
        }
    }

    private sealed class SharedGate
    {
        private MappingGate _gate;
        private int _inside;
        private int _tornDown;
        private int _violations;

        internal int TornDown => Volatile.Read(ref _tornDown);

        internal int Violations => Volatile.Read(ref _violations);

        internal void Reset()
        {
            _gate = default;
            _tornDown = 0;
            _violations = 0;
        }

        internal bool TryAccess()
        {
            if (!_gate.TryEnter() && _gate.Apply(GateEvent.Enter) != GateEffect.Entered)
            {
                return false;
            }

            Interlocked.Increment(ref _inside);
            if (Volatile.Read(ref _tornDown) != 0)
            {
                Interlocked.Increment(ref _violations);
            }

            Interlocked.Decrement(ref _inside);
            if (!_gate.TryLeave())
            {
                Handle(_gate.Apply(GateEvent.Leave));
            }

            return true;
        }

        internal void Apply(GateEvent happened) => Handle(_gate.Apply(happened));

        private void Handle(GateEffect effect)
        {
            if (effect == GateEffect.TearDown)
            {
                Interlocked.Increment(ref _tornDown);
                if (Volatile.Read(ref _inside) != 0)
                {
                    Interlocked.Increment(ref _violations);
                }
            }
        }
    }
}
