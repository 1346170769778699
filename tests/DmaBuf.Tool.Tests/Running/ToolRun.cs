using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DmaBuf.Tool.Tests;

/// <summary>The built tool as a real process, whose standard output can be awaited line by line. Dispose kills what still runs.</summary>
internal sealed partial class ToolRun : IDisposable
{
    internal const int Interrupt = 2;
    internal const int Terminate = 15;
    internal const int Kill = 9;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly Task<string> _errors;

    private ToolRun(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    internal int Id => _process.Id;

    internal static ToolRun Start(string[] arguments, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "DmaBuf.Tool.dll"));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ToolRun(start);
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

        throw new InvalidOperationException($"The tool ended without printing '{text}': {string.Join('\n', _lines)}\n{await _errors}");
    }

    internal void Signal(int signal) => Assert.Equal(0, SendSignal(Id, signal));

    internal async Task<ToolResult> FinishAsync()
    {
        using CancellationTokenSource limit = new(s_limit);
        string rest = await _process.StandardOutput.ReadToEndAsync(limit.Token);
        await _process.WaitForExitAsync(limit.Token);
        return new ToolResult(_process.ExitCode, string.Concat(_lines.Select(static line => line + "\n")) + rest, await _errors);
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

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
