namespace DmaBuf.Bench.Tests;

public sealed class InterleavedRoundsTests
{
    private static readonly TimeSpan s_roundTime = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void The_sides_take_turns_and_neither_always_follows_the_other()
    {
        var order = new List<char>();
        BenchmarkSide twin = Side('C', nanosecondsPerIteration: 1000, order);
        BenchmarkSide ours = Side('#', nanosecondsPerIteration: 2000, order);

        InterleavedRounds.Measure(twin, ours, rounds: 4, s_roundTime);

        Assert.EndsWith("C##CC##C", string.Concat(order), StringComparison.Ordinal);
    }

    [Fact]
    public void A_figure_is_the_time_of_one_unit_whatever_the_number_of_iterations()
    {
        BenchmarkSide twin = Side('C', nanosecondsPerIteration: 1000, []);
        BenchmarkSide ours = Side('#', nanosecondsPerIteration: 2000, [], unitsPerIteration: 4);

        (SideStatistics twinRounds, SideStatistics ourRounds) = InterleavedRounds.Measure(twin, ours, rounds: 9, s_roundTime);

        Assert.Equal(new SideStatistics(1000, 1000, 1000), twinRounds);
        Assert.Equal(new SideStatistics(500, 500, 500), ourRounds);
    }

    [Fact]
    public void A_round_is_about_as_long_as_asked()
    {
        BenchmarkSide side = Side('C', nanosecondsPerIteration: 300, []);

        Assert.InRange(side.FindIterations(s_roundTime), 3300, 3334);
    }

    private static BenchmarkSide Side(char name, int nanosecondsPerIteration, List<char> order, int unitsPerIteration = 1) => new(
        iterations =>
        {
            order.Add(name);
            return (double)iterations * nanosecondsPerIteration;
        },
        unitsPerIteration);
}
