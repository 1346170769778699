namespace DmaBuf.Bench;

/// <summary>The bench cannot go on; the message is one line that says what to do about it.</summary>
internal sealed class BenchmarkException : Exception
{
    private BenchmarkException(string message, int exitCode)
        : base(message) => ExitCode = exitCode;

    /// <summary>What the program ends with.</summary>
    public int ExitCode { get; }

    /// <summary>Nothing was measured: bad arguments, or something on this machine is missing.</summary>
    public static BenchmarkException BadUse(string message) => new(message, 2);

    /// <summary>A case did not do its work; its time would mean nothing.</summary>
    public static BenchmarkException WentWrong(string message) => new(message, 1);
}
