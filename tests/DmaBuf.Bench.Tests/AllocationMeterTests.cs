namespace DmaBuf.Bench.Tests;

public sealed class AllocationMeterTests
{
    [Fact]
    public void The_meter_sees_exactly_what_an_operation_allocates() =>
        Assert.Equal(24, AllocationMeter.BytesPerIteration(new AllocatingCase()));

    private sealed class AllocatingCase : IBenchmarkCase
    {
        private object? _kept;

        public string Name => "allocating";

        public string Unit => "ns/operation";

        public double? Target => null;

        public string TwinCase => "none";

        public void Run(int iterations)
        {
            for (int i = 0; i < iterations; i++)
                _kept = new object();
            Assert.NotNull(_kept);
        }
    }
}
