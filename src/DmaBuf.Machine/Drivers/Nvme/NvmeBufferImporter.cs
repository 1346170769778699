using System.Collections.Concurrent;

namespace DmaBuf.Machine;

/// <summary>
/// Shows an importer whose device works by itself: blocks go straight between a medium and any dma-buf, a GPU's memory as well as RAM, without a copy in between. Each command
/// maps the buffer for itself, adds its fence under the same lock, and unmaps when it has ended.
/// </summary>
/// <remarks>
/// <para>The rules that matter: the fence is added before the command is issued; the command waits for the fences that were there, in the device and not in this thread; while it is
/// under way its fence keeps the memory where it is, so nothing is to be done when the memory moves; a revoke aborts it. A command that waited for work that failed fails with
/// that work's error and moves nothing.</para>
/// <para>Safe for all threads, but for <see cref="Dispose"/>, which comes after the last command was submitted.</para>
/// </remarks>
public sealed class NvmeBufferImporter : DynamicImporter, IDisposable
{
    private readonly ConcurrentDictionary<DmaTransfer, Task> _commands = [];
    private readonly NvmeQueuePair _queue;

    /// <summary>Attaches the controller to a buffer.</summary>
    /// <param name="queue">Where commands go.</param>
    /// <param name="buffer">The buffer.</param>
    /// <param name="acceptance">Whether the controller takes addresses of a peer's memory, or of its own.</param>
    /// <exception cref="DmaBufException">As <see cref="DmaBuffer.Attach(DmaBufferImporter, MappingRequestList)"/>.</exception>
    public NvmeBufferImporter(NvmeQueuePair queue, DmaBuffer buffer, PeerToPeerAcceptance acceptance = PeerToPeerAcceptance.Accepted)
        : base($"nvme {queue?.Controller.Engine.Name ?? throw new ArgumentNullException(nameof(queue))}")
    {
        ArgumentNullException.ThrowIfNull(buffer);
        _queue = queue;
        Attachment = buffer.Attach(this, ScatterGatherMappingType.Request(queue.Controller.Engine, acceptance));
    }

    /// <summary>The agreement.</summary>
    public ScatterGatherAttachment Attachment { get; }

    /// <summary>Reads blocks into the buffer.</summary>
    /// <param name="medium">The controller's namespace.</param>
    /// <param name="firstBlock">The first block.</param>
    /// <param name="blocks">How many; not zero.</param>
    /// <param name="offset">Where in the buffer they go; in bytes.</param>
    /// <returns>The command, whose fence signals when the bytes are there.</returns>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer or the medium; ENODEV: revoked, or the controller was removed; else as mapping. Nothing was submitted.</exception>
    public DmaTransfer ReadBlocks(NvmeNamespace medium, ulong firstBlock, uint blocks, ulong offset) => Submit(NvmeOpcode.Read, medium, firstBlock, blocks, offset);

    /// <summary>Writes blocks from the buffer.</summary>
    /// <param name="medium">The controller's namespace.</param>
    /// <param name="firstBlock">The first block.</param>
    /// <param name="blocks">How many; not zero.</param>
    /// <param name="offset">Where in the buffer they come from; in bytes.</param>
    /// <returns>The command, whose fence signals when the bytes are on the medium.</returns>
    /// <exception cref="DmaBufException">EINVAL: not inside the buffer or the medium; ENODEV: revoked, or the controller was removed; else as mapping. Nothing was submitted.</exception>
    public DmaTransfer WriteBlocks(NvmeNamespace medium, ulong firstBlock, uint blocks, ulong offset) => Submit(NvmeOpcode.Write, medium, firstBlock, blocks, offset);

    /// <summary>Waits for the commands, and detaches. Idempotent, never throws.</summary>
    public void Dispose()
    {
        Task.WhenAll(_commands.Values).GetAwaiter().GetResult();
        Attachment.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnInvalidate(Attachment attachment, InvalidateReason reason, in ReservationLock held)
    {
        if (reason is not (InvalidateReason.Move or InvalidateReason.Unrevoke))
        {
            foreach (DmaTransfer command in _commands.Keys)
            {
                command.Abort();
            }
        }
    }

    private DmaTransfer Submit(NvmeOpcode opcode, NvmeNamespace medium, ulong firstBlock, uint blocks, ulong offset)
    {
        ArgumentNullException.ThrowIfNull(medium);
        if (_queue.Controller.Function.IsRemoved)
        {
            throw new DmaBufException(Errno.ENODEV, $"{opcode} was refused by {this}: {_queue.Controller.Function} was removed. Use another controller.");
        }

        bool writesMemory = opcode == NvmeOpcode.Read;
        FenceUsage usage = writesMemory ? FenceUsage.Write : FenceUsage.Read;
        Reservation reservation = Attachment.Buffer.Reservation;
        using ReservationLock held = reservation.Lock();
        ScatterGatherMapping mapping = Attachment.MapScatterGatherLocked(in held, writesMemory ? DmaDirection.FromDevice : DmaDirection.ToDevice);
        DmaTransfer? transfer = null;
        try
        {
            NvmeDataPointer data = NvmeDataPointer.List(DmaRangeList.Of(mapping).Slice(offset, (ulong)blocks * medium.BlockSize));

            // Mapping may have moved the buffer, so what is to be waited for is asked for behind it.
            FenceSnapshot before = reservation.Snapshot(writesMemory ? FenceUsage.Read : FenceUsage.Write);
            transfer = _queue.Submit(new NvmeCommand(opcode, medium, firstBlock, data), new DmaTransferOptions { After = before, IsHeld = true });
            Attachment.AddFence(in held, transfer.Fence, usage);
        }
        catch
        {
            transfer?.Abort();
            Attachment.UnmapScatterGatherLocked(in held, mapping);
            throw;
        }

        _commands[transfer] = EndAsync(transfer, mapping);
        transfer.Issue();
        return transfer;
    }

    // Not a callback of the fence: that could run on a thread that holds the reservation, which unmapping takes.
    private async Task EndAsync(DmaTransfer transfer, ScatterGatherMapping mapping)
    {
        // Off the caller's stack, which holds the lock: a controller that was pulled out meanwhile has signaled already. For the same reason the removal below comes after the entry.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await transfer.Fence.WaitAsync().ConfigureAwait(false);
        mapping.Dispose();
        _commands.TryRemove(transfer, out _);
    }
}
