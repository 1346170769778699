using System.Diagnostics;
using System.Globalization;

namespace DmaBuf.Bench;

/// <summary>
/// The running C twin. It waits on its standard input between requests, thus uses no core while the C# side is measured. One caller at a
/// time.
/// </summary>
internal sealed class TwinProcess : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts the executable that <see cref="TwinCompiler"/> made.</summary>
    public TwinProcess(string executable)
    {
        _process = Process.Start(new ProcessStartInfo(executable) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        CaseNames = Ask("list").Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The cases that this twin knows.</summary>
    public IReadOnlyList<string> CaseNames { get; }

    /// <summary>Keeps the twin on one core.</summary>
    /// <exception cref="BenchmarkException">The core is not there or not allowed.</exception>
    public void Pin(int core) => Ask(string.Create(CultureInfo.InvariantCulture, $"pin {core}"));

    /// <summary>Lets the twin run on every core.</summary>
    public void Unpin() => Ask("pin -1");

    /// <summary>Runs a case.</summary>
    /// <returns>The nanoseconds that all iterations took together, by the twin's own clock.</returns>
    public double Run(string name, int iterations) =>
        double.Parse(Ask(string.Create(CultureInfo.InvariantCulture, $"run {name} {iterations}")), CultureInfo.InvariantCulture);

    /// <summary>Ends the twin by ending its input, and waits for it.</summary>
    public void Dispose()
    {
        _process.StandardInput.Dispose();
        _process.WaitForExit();
        _process.Dispose();
    }

    private string Ask(string request)
    {
        _process.StandardInput.WriteLine(request);
        _process.StandardInput.Flush();
        string answer = _process.StandardOutput.ReadLine()
            ?? throw BenchmarkException.WentWrong($"The C twin ended while it was asked '{request}'; its reason stands above.");
        return answer.StartsWith("error: ", StringComparison.Ordinal)
            ? throw BenchmarkException.WentWrong($"The C twin refused '{request}': {answer["error: ".Length..]}.")
            : answer;
    }
}
