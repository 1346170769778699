using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DmaBuf.Tool.Tests;

/// <summary>The built tool as a real process, whose standard output can be awaited line by line. Dispose kills what still runs.</summary>
internal sealed partial class ToolRun : IDisposable
{
    internal const int Interrupt = 2;
    internal const int Terminate = 15;
    internal const int Kill = 9;
    internal const int Stop = 19;
    internal const int Continue = 18;

    private const int GetPipeSize = 1032;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private Task<string>? _errors;

    private ToolRun(ProcessStartInfo start)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = Process.Start(start)!;
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "DmaBuf.Tool");

    internal int Id => _process.Id;

    internal bool HasEnded => _process.HasExited;

    /// <summary>What it complains of is read as it comes, so that it never waits.</summary>
    internal static ToolRun Start(params string[] arguments) => Read(new ToolRun(new ProcessStartInfo(Program, arguments)));

    /// <summary>The tool as <c>"$0"</c> of a shell's script.</summary>
    internal static ToolRun StartShell(string script, params string[] arguments)
        => Read(new ToolRun(new ProcessStartInfo("/bin/sh", ["-c", script, Program, .. arguments])));

    /// <summary>
    /// Its standard error is a full pipe until <see cref="FinishAsync"/>: it waits at its first complaint, and what it holds at that moment can be looked at. The runtime's
    /// own sockets and memory files are switched off, so that every one that is seen is the tool's.
    /// </summary>
    internal static ToolRun StartWithoutVoice(params string[] arguments)
    {
        ProcessStartInfo start = new(Program, arguments);
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        ToolRun run = new(start);
        using FileStream errors = new($"/proc/{run.Id}/fd/2", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1);
        errors.Write(new byte[ControlFile(errors.SafeFileHandle, GetPipeSize)]);
        return run;
    }

    internal static async Task<ToolResult> RunAsync(params string[] arguments)
    {
        using ToolRun run = Start(arguments);
        return await run.FinishAsync();
    }

    /// <summary>Reads standard output until a line holds the text, and gives that line.</summary>
    internal async Task<string> LineAsync(string text)
    {
        using CancellationTokenSource limit = new(s_limit);
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            _lines.Add(line);
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"The tool ended without printing '{text}': {string.Join('\n', _lines)}\n{await ErrorsAsync()}");
    }

    internal void Signal(int signal) => Assert.Equal(0, SendSignal(Id, signal));

    internal async Task<ToolResult> FinishAsync()
    {
        using CancellationTokenSource limit = new(s_limit);
        Task<string> errors = ErrorsAsync();
        string rest = await _process.StandardOutput.ReadToEndAsync(limit.Token);
        await _process.WaitForExitAsync(limit.Token);
        return new ToolResult(_process.ExitCode, string.Concat(_lines.Select(static line => line + "\n")) + rest, await errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static ToolRun Read(ToolRun run)
    {
        run._errors = run.ErrorsAsync();
        return run;
    }

    /// <summary>All of standard error, without the bytes that a full pipe was filled with.</summary>
    private async Task<string> ErrorsAsync() => (await (_errors ??= _process.StandardError.ReadToEndAsync())).TrimStart('\0');

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int ControlFile(SafeHandle descriptor, int command);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
