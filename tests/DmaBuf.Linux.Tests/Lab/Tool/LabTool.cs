using System.Diagnostics;
using System.Text.Json;

namespace DmaBuf.Linux.Tests;

/// <summary>Runs the <c>dmabuf</c> command as a user of the lab machine does.</summary>
internal static class LabTool
{
    /// <summary>No command may hold the machine up until its own limit, which would lose every other test's result.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    /// <summary>Its standard output as JSON. What it writes to standard error, and any exit code but the expected one, fails the test.</summary>
    internal static JsonElement RunJson(params string[] arguments)
    {
        (int code, string output, string complaint) = Run([.. arguments, "--json"], Environment.CurrentDirectory);
        Assert.True(code == 0, $"dmabuf {string.Join(' ', arguments)} ended with {code}: {complaint}{output}");
        using JsonDocument document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }

    /// <summary>Its exit code, and what it wrote.</summary>
    /// <param name="arguments">As a shell would pass them.</param>
    /// <param name="folder">Where it is started; its input is empty.</param>
    internal static (int ExitCode, string Output, string Errors) Run(string[] arguments, string folder)
    {
        string tool = Environment.GetEnvironmentVariable("DMABUF_LAB_TOOL") ?? throw new InvalidOperationException("lab/run sets DMABUF_LAB_TOOL.");
        using Process process = Process.Start(new ProcessStartInfo(tool, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        })!;
        process.StandardInput.Dispose();
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        using StreamReader reader = process.StandardOutput;
        using Timer limit = new(static started => ((Process)started!).Kill(entireProcessTree: true), process, s_patience, Timeout.InfiniteTimeSpan);
        string output = reader.ReadToEnd();
        string complaint = errors.GetAwaiter().GetResult();
        process.WaitForExit();

        // A process does not close the streams that were asked of it.
        process.StandardError.Dispose();
        return (process.ExitCode, output, complaint);
    }
}
