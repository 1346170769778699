namespace DmaBuf.Machine;

/// <content>The queue, and the work item that empties it.</content>
public sealed partial class DmaChannel
{
    private readonly Lock _lock = new();
    private readonly Queue<DmaTransfer> _queue = new();
    private IDisposable? _told;
    private bool _isWorking;
    private bool _isGone;

    private TTransfer Enqueue<TTransfer>(Func<FenceSource, TTransfer> make)
        where TTransfer : DmaTransfer
    {
        TTransfer transfer;
        lock (_lock)
        {
            if (_isGone || Device.Function is { IsRemoved: true })
            {
                throw new DmaBufException(Errno.ENODEV, $"Work was refused by {this}: {Device.Name} was removed. Use another device.");
            }

            // Told only while there is work to fail: an idle channel is kept alive by nobody.
            _told ??= Device.Function?.OnRemoval(OnRemoved);

            // Numbered here, so that the order of the fences is that of the queue.
            transfer = make(Timeline.CreateFence());
            _queue.Enqueue(transfer);
            if (_isWorking)
            {
                return transfer;
            }

            _isWorking = true;
        }

        _ = Task.Run(WorkAsync);
        return transfer;
    }

    private async Task WorkAsync()
    {
        while (TryBegin(out DmaTransfer? transfer))
        {
            await transfer.WaitForStartAsync().ConfigureAwait(false);
            transfer.Run();
            lock (_lock)
            {
                // Before the fence, so that whoever has waited for the last one finds the channel idle.
                _queue.Dequeue();
            }

            transfer.Signal();
        }
    }

    private bool TryBegin([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out DmaTransfer? transfer)
    {
        lock (_lock)
        {
            if (_queue.TryPeek(out transfer))
            {
                return true;
            }

            _isWorking = false;
            _told?.Dispose();
            _told = null;
            return false;
        }
    }

    // Of either kind of removal: the driver of a device that leaves in order could let it finish, but what it waits for may never come.
    private void OnRemoved(PciFunction function, PciRemovalKind kind)
    {
        lock (_lock)
        {
            _isGone = true;
        }

        foreach (DmaTransfer transfer in Snapshot())
        {
            transfer.TryDecide(Errno.ENODEV);
        }
    }

    private DmaTransfer[] Snapshot()
    {
        lock (_lock)
        {
            return [.. _queue];
        }
    }
}
