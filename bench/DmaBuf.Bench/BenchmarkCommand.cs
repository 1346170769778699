namespace DmaBuf.Bench;

/// <summary>What one start of the program does.</summary>
internal enum BenchmarkCommand
{
    /// <summary>Measures both sides in turns and writes the report.</summary>
    Run,

    /// <summary>Measures every case of the twin alone, to see what kind of machine this is.</summary>
    Twin,

    /// <summary>Joins the reports of a JIT and a NativeAOT run.</summary>
    Merge,

    /// <summary>Prints the usage.</summary>
    Help,
}
