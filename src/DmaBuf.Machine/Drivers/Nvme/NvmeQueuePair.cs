namespace DmaBuf.Machine;

/// <summary>
/// A submission queue and its completion queue (<c>struct nvme_queue</c>). Commands are done asynchronously; unlike NVMe, which promises no order, this controller does those of
/// one pair in the order of submission. A command completes by its fence.
/// </summary>
/// <remarks>
/// Errors of a fence: EFAULT: an access to the data faulted; ECANCELED: aborted (<c>nvme_admin_abort_cmd</c>); ENODEV: the controller was removed. The blocks before are written
/// then, and so may be a part of the one that was under way. Safe for all threads; submitting waits for nothing.
/// </remarks>
public sealed class NvmeQueuePair
{
    private readonly DmaChannel _channel;

    internal NvmeQueuePair(NvmeController controller, int identifier)
    {
        Controller = controller;
        _channel = controller.Engine.CreateChannel($"queue {identifier}");
    }

    /// <summary>Whose queue it is.</summary>
    public NvmeController Controller { get; }

    /// <summary>The timeline of the commands' fences.</summary>
    public FenceContext Timeline => _channel.Timeline;

    /// <summary>Commands that have not completed.</summary>
    public int PendingCount => _channel.PendingCount;

    /// <summary>Submits a command.</summary>
    /// <param name="command">The command; its data stay mapped until the fence has signaled.</param>
    /// <param name="options">What it waits for; null: <see cref="DmaTransferOptions.Default"/>.</param>
    /// <returns>The data transfer, whose fence is the completion.</returns>
    /// <exception cref="DmaBufException">
    /// EINVAL: no such opcode, not this controller's namespace, not whole blocks, or not on the medium; ENODEV: the controller was removed. Nothing was submitted.
    /// </exception>
    public DmaTransfer Submit(NvmeCommand command, DmaTransferOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(command);
        NvmeNamespace medium = command.Namespace;
        DmaRangeList data = command.Data.Entries;
        ulong blocks = data.Length / medium.BlockSize;
        if (!Controller.Namespaces.Contains(medium) || data.Length % medium.BlockSize != 0 || command.FirstBlock > medium.Blocks || blocks > medium.Blocks - command.FirstBlock)
        {
            throw new DmaBufException(
                Errno.EINVAL,
                $"{command.Opcode} of {data.Length} bytes at block {command.FirstBlock} was refused by {this}: the namespace must be the controller's, and has {medium.Blocks} blocks of " +
                $"{medium.BlockSize} bytes. Stay inside, with whole blocks.");
        }

        ulong offset = command.FirstBlock * medium.BlockSize;
        return command.Opcode switch
        {
            NvmeOpcode.Read => _channel.SubmitWrite(medium, offset, data, options),
            NvmeOpcode.Write => _channel.SubmitRead(data, medium, offset, options),
            _ => throw new DmaBufException(Errno.EINVAL, $"Opcode {(int)command.Opcode} was refused by {this}: there is no such one. Use {nameof(NvmeOpcode)}."),
        };
    }

    /// <summary>Aborts all commands that have not completed.</summary>
    /// <returns>How many.</returns>
    public int AbortAll() => _channel.AbortAll();

    /// <summary>The timeline.</summary>
    public override string ToString() => Timeline.ToString();
}
