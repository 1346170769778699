namespace DmaBuf.Bench.Tests;

public sealed class BenchmarkOptionsTests
{
    [Theory]
    [InlineData("--rounds", "8")]
    [InlineData("--rounds", "many")]
    [InlineData("--rounds", "NaN")]
    [InlineData("--rounds")]
    [InlineData("--faster")]
    [InlineData("one.json")]
    [InlineData("merge", "one.json")]
    [InlineData("merge", "one.json", "two.json", "three.json")]
    public void A_bad_argument_ends_with_one_line_and_exit_code_2(params string[] arguments)
    {
        BenchmarkException error = Assert.Throws<BenchmarkException>(() => BenchmarkOptions.Parse(arguments));

        Assert.Equal(2, error.ExitCode);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Without_a_command_both_sides_are_measured() =>
        Assert.Equal(BenchmarkCommand.Run, BenchmarkOptions.Parse(["--filter", "attach"]).Command);

    [Fact]
    public void Help_wins_over_everything_before_it() =>
        Assert.Equal(BenchmarkCommand.Help, BenchmarkOptions.Parse(["twin", "--rounds", "9", "--help"]).Command);
}
