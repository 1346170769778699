using System.Diagnostics;

namespace DmaBuf.Samples.Camera;

/// <summary>Starts the three processes and waits for them.</summary>
internal static class Pipeline
{
    internal static async Task<int> RunAsync(string folder, int count, CancellationToken cancellationToken)
    {
        string name = $"@dmabuf-camera-{Environment.ProcessId}";
        Directory.CreateDirectory(folder);
        Process[] processes = [Start("capture", $"{name}-raw", $"{count}"), Start("invert", $"{name}-raw", $"{name}-inverted"), Start("view", $"{name}-inverted", folder)];
        try
        {
            await Task.WhenAll(processes.Select(process => process.WaitForExitAsync(cancellationToken))).ConfigureAwait(false);
            return processes.Max(static process => process.ExitCode);
        }
        finally
        {
            foreach (Process process in processes)
            {
                process.Kill(); // does nothing to one that has ended
                process.Dispose();
            }
        }
    }

    private static Process Start(params string[] arguments) => Process.Start(Environment.ProcessPath!, arguments);
}
