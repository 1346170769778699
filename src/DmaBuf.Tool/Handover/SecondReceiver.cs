using System.Security.Cryptography;
using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>A hand-over to a second process that this one starts, listening at a name of its own. Dispose ends the process and the listener.</summary>
internal sealed class SecondReceiver : IDisposable
{
    private readonly DescriptorListener _listener;
    private readonly SecondProcess _process;

    internal SecondReceiver()
    {
        _listener = DescriptorListener.Listen(NewAddress());
        try
        {
            _process = new SecondProcess("receive", _listener.Address, "--json");
        }
        catch
        {
            _listener.Dispose();
            throw;
        }
    }

    /// <summary>The second process.</summary>
    internal int ProcessId => _process.Id;

    internal static string NewAddress() => $"@dmabuf-{RandomNumberGenerator.GetHexString(12, lowercase: true)}";

    internal async Task<HandoverReport> RunAsync(HandoverSender sender, StepClock clock, CancellationToken cancellationToken)
    {
        using DescriptorSocket socket = await AcceptAsync(_listener, _process, cancellationToken).ConfigureAwait(false);
        clock.Restart();
        HandoverReport report = await sender.RunAsync(socket, clock, cancellationToken).ConfigureAwait(false);
        await _process.FinishAsync(cancellationToken).ConfigureAwait(false);
        return report;
    }

    /// <summary>Waits for a receiver; if it is a second process of ours, its early end ends the wait.</summary>
    internal static async Task<DescriptorSocket> AcceptAsync(DescriptorListener listener, SecondProcess? second, CancellationToken cancellationToken)
    {
        if (second is null)
        {
            return await HandoverSender.AcceptAsync(listener, cancellationToken).ConfigureAwait(false);
        }

        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<DescriptorSocket> accepted = HandoverSender.AcceptAsync(listener, either.Token);
        Task ended = second.EndedAsync(either.Token);
        if (await Task.WhenAny(accepted, ended).ConfigureAwait(false) == ended && !accepted.IsCompleted)
        {
            await either.CancelAsync().ConfigureAwait(false);
            await second.FinishAsync(cancellationToken).ConfigureAwait(false);
        }

        return await accepted.ConfigureAwait(false);
    }

    public void Dispose()
    {
        _process.Dispose();
        _listener.Dispose();
    }
}
