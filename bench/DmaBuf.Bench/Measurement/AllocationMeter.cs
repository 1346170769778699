namespace DmaBuf.Bench;

/// <summary>Counts what a case allocates, in a pass of its own that nobody times.</summary>
internal static class AllocationMeter
{
    private const int Iterations = 1000;

    /// <summary>The managed bytes that one iteration of a warm case allocates on the calling thread.</summary>
    public static double BytesPerIteration(IBenchmarkCase benchmarkCase)
    {
        // Once before counting: the difference of a first call (a lazy static, a grown list) is not steady state.
        benchmarkCase.Run(Iterations);
        long before = GC.GetAllocatedBytesForCurrentThread();
        benchmarkCase.Run(Iterations);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Iterations;
    }
}
