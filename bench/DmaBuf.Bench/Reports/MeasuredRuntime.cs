using System.Globalization;
using System.Runtime.CompilerServices;

namespace DmaBuf.Bench;

/// <summary>One of the runtimes that a report holds.</summary>
/// <param name="Name">How the program's code came to be: <c>JIT</c> or <c>NativeAOT</c>.</param>
/// <param name="Load">
/// The machine's load average when the measurement began; near or above the number of cores, others were computing too and the spread
/// of the rounds shows it. None where the system does not tell.
/// </param>
internal sealed record MeasuredRuntime(string Name, double? Load)
{
    private const string LoadFile = "/proc/loadavg";

    /// <summary>The runtime of this program, with the load of this moment.</summary>
    public static MeasuredRuntime Current() => new(
        RuntimeFeature.IsDynamicCodeCompiled ? "JIT" : "NativeAOT",
        File.Exists(LoadFile) ? double.Parse(File.ReadAllText(LoadFile).Split(' ')[0], CultureInfo.InvariantCulture) : null);
}
