using System.Diagnostics;

namespace DmaBuf.Tool;

/// <summary>The tool once more, as a real second process whose output is kept. Dispose ends it if it still runs and waits until it is gone.</summary>
internal sealed class SecondProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    internal SecondProcess(params ReadOnlySpan<string> arguments)
    {
        string host = Environment.ProcessPath ?? throw new PlatformNotSupportedException("This system does not say how this program was started, so it cannot be started again.");
        ProcessStartInfo start = new(host) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        if (Path.GetFileNameWithoutExtension(host) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "DmaBuf.Tool.dll"));
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync();
        _errors = _process.StandardError.ReadToEndAsync();
    }

    internal int Id => _process.Id;

    internal bool HasEnded => _process.HasExited;

    /// <summary>Completes when the process has ended.</summary>
    internal Task EndedAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>Waits for the end; what it printed, or what it complained of as an exception.</summary>
    internal async Task<string> FinishAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        string errors = await _errors.ConfigureAwait(false);
        return _process.ExitCode == ExitCode.Success
            ? await _output.ConfigureAwait(false)
            : throw new DmaBufException(Errno.EIO, $"The second process ended with exit code {_process.ExitCode}: {errors.Trim()}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
