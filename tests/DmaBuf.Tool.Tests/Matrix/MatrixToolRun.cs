using System.Diagnostics;
using System.Text.Json;

namespace DmaBuf.Tool.Tests;

/// <summary>One run of the built tool as a process of its own, from its arguments to its exit code and everything that it printed.</summary>
internal sealed record MatrixToolRun(int ExitCode, string Output, string Error)
{
    internal static async Task<MatrixToolRun> Start(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "DmaBuf.Tool"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return new MatrixToolRun(process.ExitCode, await output, await error);
    }

    internal JsonElement Json() => JsonDocument.Parse(Output).RootElement;
}
