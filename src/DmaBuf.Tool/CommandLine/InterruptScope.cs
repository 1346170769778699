using System.Runtime.InteropServices;

namespace DmaBuf.Tool;

/// <summary>
/// While it lives, Ctrl-C and SIGTERM cancel <see cref="Token"/> instead of ending the process, so that commands give back what they hold. The second
/// signal ends the process at once, for whoever cannot wait.
/// </summary>
internal sealed class InterruptScope : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private int _exitCode;

    internal InterruptScope()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => OnSignal(context, Tool.ExitCode.Interrupted));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => OnSignal(context, Tool.ExitCode.Terminated));
    }

    internal CancellationToken Token => _source.Token;

    /// <summary>The exit code that the signal asks for; null while there was none.</summary>
    internal int? ExitCode => Volatile.Read(ref _exitCode) is var code and not 0 ? code : null;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context, int exitCode)
    {
        if (Interlocked.CompareExchange(ref _exitCode, exitCode, 0) == 0)
        {
            context.Cancel = true;
            _source.Cancel();
        }
    }
}
