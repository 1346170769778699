using System.Diagnostics.CodeAnalysis;

namespace DmaBuf.Sharing;

/// <summary>
/// Memory of peers that went without letting go: nobody can take a descriptor back, so its attachment stays, and is named by revokes, until the process has ended. One a process and
/// buffer, so that a peer that comes and goes keeps no more than one.
/// </summary>
/// <remarks>Safe for all threads; its lock is a leaf.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "The source has neither timer nor wait handle: disposed or not, it holds nothing.")]
internal sealed class QuarantinedMemory
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(int Process, string Buffer), MemoryCarrier> _held = [];
    private readonly List<Task> _watches = [];
    private readonly CancellationTokenSource _end = new();

    /// <summary>Takes carriers over until the process ends; adopts the process's descriptor. Without a way to see that end, they are let go of at once.</summary>
    internal void Adopt(int processId, PeerProcess? process, IReadOnlyList<MemoryCarrier> carriers)
    {
        if (process is null || carriers.Count == 0 || _end.IsCancellationRequested)
        {
            process?.Dispose();
            Release(carriers);
            return;
        }

        List<MemoryCarrier> replaced = [];
        lock (_lock)
        {
            foreach (MemoryCarrier carrier in carriers)
            {
                if (_held.Remove((processId, carrier.BufferName), out MemoryCarrier? old))
                {
                    replaced.Add(old);
                }

                _held[(processId, carrier.BufferName)] = carrier;
            }

            _watches.RemoveAll(static watch => watch.IsCompleted);
            _watches.Add(WatchAsync(processId, process, carriers));
        }

        Release(replaced);
    }

    internal async Task EndAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        Task[] watches;
        lock (_lock)
        {
            watches = [.. _watches];
        }

        await Task.WhenAll(watches).ConfigureAwait(false);
    }

    private async Task WatchAsync(int processId, PeerProcess process, IReadOnlyList<MemoryCarrier> carriers)
    {
        await Task.Yield();
        using (process)
        {
            try
            {
                await process.WaitForExitAsync(_end.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The server ends.
            }
        }

        lock (_lock)
        {
            foreach (MemoryCarrier carrier in carriers)
            {
                if (_held.TryGetValue((processId, carrier.BufferName), out MemoryCarrier? held) && held == carrier)
                {
                    _held.Remove((processId, carrier.BufferName));
                }
            }
        }

        Release(carriers);
    }

    private static void Release(IReadOnlyList<MemoryCarrier> carriers)
    {
        foreach (MemoryCarrier carrier in carriers)
        {
            carrier.Dispose();
        }
    }
}
