using System.Runtime.InteropServices;

namespace DmaBuf.Bench;

/// <summary>Where a report's figures come from; figures of different machines are never joined.</summary>
/// <param name="Processor">The processor's model name.</param>
/// <param name="Cores">The cores that the program may use.</param>
/// <param name="Architecture">x64, arm64.</param>
/// <param name="System">The system and its kernel's version.</param>
/// <param name="DotNet">The runtime's version.</param>
/// <param name="Compiler">The C compiler with the flags that built the twin.</param>
internal sealed record MachineFacts(string Processor, int Cores, string Architecture, string System, string DotNet, string Compiler)
{
    private const string ProcessorList = "/proc/cpuinfo";

    /// <summary>The facts of this machine.</summary>
    public static MachineFacts Collect() => new(
        ReadProcessor(),
        Environment.ProcessorCount,
        RuntimeInformation.ProcessArchitecture.ToString(),
        $"{RuntimeInformation.OSDescription}, kernel {Environment.OSVersion.Version}",
        RuntimeInformation.FrameworkDescription,
        TwinCompiler.DescribeCompiler());

    private static string ReadProcessor()
    {
        // arm64 kernels list no model name, and other systems no such file.
        string? line = File.Exists(ProcessorList)
            ? File.ReadLines(ProcessorList).FirstOrDefault(each => each.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line is null ? "unnamed" : line[(line.IndexOf(':') + 1)..].Trim();
    }
}
