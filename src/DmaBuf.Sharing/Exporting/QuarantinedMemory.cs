using System.Diagnostics.CodeAnalysis;

namespace DmaBuf.Sharing;

/// <summary>
/// Memory of peers that went without letting go: nobody can take a descriptor back, so its attachment stays, and is named by revokes, until the process has ended. One a process and
/// buffer, and one watch a process, so that a peer that comes and goes keeps no more than that.
/// </summary>
/// <remarks>Safe for all threads; its lock is a leaf.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "The source has neither timer nor wait handle: disposed or not, it holds nothing.")]
internal sealed class QuarantinedMemory
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, Dictionary<string, MemoryCarrier>> _held = [];
    private readonly Dictionary<int, Task> _watches = [];
    private readonly CancellationTokenSource _end = new();

    /// <summary>Takes carriers over until the process ends; adopts the process's descriptor. Without a way to see that end, they are let go of at once.</summary>
    internal void Adopt(int processId, PeerProcess? process, IReadOnlyList<MemoryCarrier> carriers)
    {
        if (process is null || carriers.Count == 0)
        {
            process?.Dispose();
            Release(carriers);
            return;
        }

        List<MemoryCarrier> replaced = [];
        bool watched;
        lock (_lock)
        {
            watched = _held.TryGetValue(processId, out Dictionary<string, MemoryCarrier>? held);
            if (held is null)
            {
                _held[processId] = held = new Dictionary<string, MemoryCarrier>(StringComparer.Ordinal);
            }

            foreach (MemoryCarrier carrier in carriers)
            {
                if (held.Remove(carrier.BufferName, out MemoryCarrier? old))
                {
                    replaced.Add(old);
                }

                held.Add(carrier.BufferName, carrier);
            }

            if (!watched)
            {
                _watches[processId] = WatchAsync(processId, process);
            }
        }

        if (watched)
        {
            process.Dispose();
        }

        Release(replaced);
    }

    /// <summary>Ends all watches and lets go of everything.</summary>
    internal async Task EndAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        Task[] watches;
        lock (_lock)
        {
            watches = [.. _watches.Values];
        }

        await Task.WhenAll(watches).ConfigureAwait(false);
    }

    private async Task WatchAsync(int processId, PeerProcess process)
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

        Dictionary<string, MemoryCarrier>? carriers;
        lock (_lock)
        {
            _held.Remove(processId, out carriers);
            _watches.Remove(processId);
        }

        Release(carriers?.Values ?? Enumerable.Empty<MemoryCarrier>());
    }

    private static void Release(IEnumerable<MemoryCarrier> carriers)
    {
        foreach (MemoryCarrier carrier in carriers)
        {
            carrier.Dispose();
        }
    }
}
