using System.Diagnostics;
using System.Runtime.Versioning;

namespace DmaBuf.Bench;

/// <summary>
/// Keeps the calling process's main thread on one core, the twin's, for as long as this lives: no migration, and both sides meet the
/// same core. Taken only around rounds, so that the runtime's own threads (compilation, collection) start free.
/// </summary>
/// <remarks>Linux sets the affinity of the process's first thread alone, which is the one that the bench measures on.</remarks>
internal sealed class CorePin : IDisposable
{
    private readonly nint _before;

    [SupportedOSPlatform("linux")]
    private CorePin(Process process, int core)
    {
        _before = process.ProcessorAffinity;
        process.ProcessorAffinity = (nint)(1UL << core);
    }

    /// <summary>The core that rounds run on: the last allowed one, because the first serves most interrupts.</summary>
    public static int ChooseCore()
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        using Process process = Process.GetCurrentProcess();
        return 63 - int.CreateChecked(ulong.LeadingZeroCount((ulong)process.ProcessorAffinity));
    }

    /// <summary>Moves the main thread to the core.</summary>
    /// <returns>What moves it back, or nothing where the system offers no such call.</returns>
    public static CorePin? Take(int core)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        using Process process = Process.GetCurrentProcess();
        return new CorePin(process, core);
    }

    /// <summary>Lets the main thread go where it could go before.</summary>
    public void Dispose()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using Process process = Process.GetCurrentProcess();
        process.ProcessorAffinity = _before;
    }
}
