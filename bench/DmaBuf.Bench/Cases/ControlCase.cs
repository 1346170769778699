namespace DmaBuf.Bench;

/// <summary>
/// A pair of atomic operations, which both languages compile to the same two instructions. Not a property of the framework: its ratio
/// says how far the harness, and the machine in this run, can be trusted. Expected near 1.
/// </summary>
internal sealed class ControlCase : IBenchmarkCase
{
    /// <summary>What the row is called, by which the report finds it.</summary>
    public const string RowName = "control: atomic add + subtract";

    private long _counter;

    public string Name => RowName;

    public string Unit => "ns/operation";

    public double? Target => null;

    public string TwinCase => "control-atomic-pair";

    public void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            Interlocked.Add(ref _counter, 1);
            Interlocked.Add(ref _counter, -1);
        }

        if (Volatile.Read(ref _counter) != 0)
            throw BenchmarkException.WentWrong("The control's counter did not return to zero.");
    }
}
