namespace DmaBuf.Bench.Tests;

public sealed class SideStatisticsTests
{
    [Fact]
    public void An_odd_number_of_rounds_has_a_middle_one() =>
        Assert.Equal(new SideStatistics(1, 3, 9), SideStatistics.Of([9, 1, 3]));

    [Fact]
    public void An_even_number_of_rounds_takes_the_mean_of_the_two_middle_ones() =>
        Assert.Equal(new SideStatistics(1, 2.5, 9), SideStatistics.Of([9, 2, 1, 3]));
}
