namespace DmaBuf.Bench;

/// <summary>Counts what a case allocates, in a pass of its own that nobody times.</summary>
internal static class AllocationMeter
{
    private const int MostIterations = 1000;
    private const int MostUnits = 1 << 20;

    /// <summary>The managed bytes that one iteration of a warm case allocates on the calling thread.</summary>
    public static double BytesPerIteration(IBenchmarkCase benchmarkCase)
    {
        int iterations = Math.Clamp(MostUnits / benchmarkCase.UnitsPerIteration, 1, MostIterations);
        // Once before counting: the difference of a first call (a lazy static, a grown list) is not steady state.
        benchmarkCase.Run(iterations);
        long before = GC.GetAllocatedBytesForCurrentThread();
        benchmarkCase.Run(iterations);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)iterations;
    }
}
