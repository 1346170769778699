namespace DmaBuf.Machine;

// Theory
//
// A channel is a queue of work that its device does by itself. Submitting returns at once; the work is done in the order of submission, one transfer after the other, by a
// work item of the thread pool that exists only while there is work. So an idle channel holds nothing: no thread, no subscription, nothing to dispose.
//
//   submitted → (issued) → its turn → in-fences → bytes move, access by access → decided → Finish → fence
//
// How a transfer ends is one word that is written once, by whoever comes first: the channel (all bytes moved, or a fault), Abort (ECANCELED), a removal of the device (ENODEV).
// From then on no further access is begun. The fence tells it in its turn, because the fences of a timeline signal in order; what waits for an in-fence is woken up by its
// decision, so a fence signals even if what it waited for never does, as soon as those before it have.
//
// Vocabulary: the source is where bytes are taken, the sink is where they are put; each is a list of DMA ranges or something inside the device.
//
// Lock order: the channel's lock, then that of a function's subscribers, a leaf. No transfer, no fence and no driver is called under the channel's lock.

/// <summary>
/// A queue of work of a DMA engine (<c>struct dma_chan</c>): copies, fills, checksums, and transfers between memory and what is inside the device, done asynchronously and in
/// the order of submission. Each has a fence of the channel's own timeline, which signals whatever happens.
/// </summary>
/// <remarks>
/// A transfer that fails has moved the bytes before the place of the failure and touched nothing behind it. Its fence tells the error, and
/// <see cref="SoftwareMachine.Faults"/> has a record of each EFAULT, ECANCELED and ENODEV, unless it was aborted
/// before it was issued. Safe for all threads; submitting neither waits nor calls anybody, so it may be done
/// under a reservation lock.
/// </remarks>
public sealed partial class DmaChannel
{
    internal DmaChannel(DmaEngineDevice device, string name)
    {
        Device = device;
        Timeline = new FenceContext($"{device.Name} {name}");
    }

    /// <summary>The engine that does the work.</summary>
    public DmaEngineDevice Device { get; }

    /// <summary>The timeline of the transfers' fences; named after the engine and the channel.</summary>
    public FenceContext Timeline { get; }

    /// <summary>Transfers whose fence has not been signaled or is being signaled at this moment.</summary>
    public int PendingCount
    {
        get
        {
            lock (_lock)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Copies from one list to another that may be cut differently (<c>dmaengine_prep_dma_memcpy</c>).</summary>
    /// <param name="source">What the device reads.</param>
    /// <param name="destination">What it writes; as many bytes. If the lists overlap, the bytes of the destination are undefined.</param>
    /// <param name="options">When it begins; null: <see cref="DmaTransferOptions.Default"/>.</param>
    /// <exception cref="DmaBufException">EINVAL: the lengths differ; ENODEV: the device was removed. Nothing was submitted.</exception>
    public DmaTransfer SubmitCopy(DmaRangeList source, DmaRangeList destination, DmaTransferOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        if (source.Length != destination.Length)
        {
            throw new DmaBufException(Errno.EINVAL, $"A copy from {source} to {destination} was refused by {this}: the lengths differ. Slice one of the lists.");
        }

        return Enqueue(fence => new DmaTransfer(this, fence, new RangeSource(Device, source), new RangeSink(Device, destination), source.Length, options));
    }

    /// <summary>Fills a list (<c>dmaengine_prep_dma_memset_sg</c>).</summary>
    /// <param name="destination">What the device writes.</param>
    /// <param name="pattern">At least one byte; repeated from the start of the list on. Copied.</param>
    /// <param name="options">When it begins; null: <see cref="DmaTransferOptions.Default"/>.</param>
    /// <exception cref="DmaBufException">EINVAL: no pattern; ENODEV: the device was removed. Nothing was submitted.</exception>
    public DmaTransfer SubmitFill(DmaRangeList destination, ReadOnlySpan<byte> pattern, DmaTransferOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (pattern.IsEmpty)
        {
            throw new DmaBufException(Errno.EINVAL, $"Filling {destination} was refused by {this}: the pattern is empty. Give it at least one byte.");
        }

        PatternSource source = new(pattern);
        return Enqueue(fence => new DmaTransfer(this, fence, source, new RangeSink(Device, destination), destination.Length, options));
    }

    /// <summary>Computes the SHA-256 of a list's bytes, however they are cut.</summary>
    /// <param name="source">What the device reads.</param>
    /// <param name="options">When it begins; null: <see cref="DmaTransferOptions.Default"/>.</param>
    /// <returns>The transfer; its fence says when the result is there.</returns>
    /// <exception cref="DmaBufException">ENODEV: the device was removed. Nothing was submitted.</exception>
    public DmaChecksumTransfer SubmitChecksum(DmaRangeList source, DmaTransferOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Enqueue(fence => new DmaChecksumTransfer(this, fence, new RangeSource(Device, source), new DigestSink(), source.Length, options));
    }

    /// <summary>The device reads memory into itself (<c>DMA_MEM_TO_DEV</c>).</summary>
    /// <param name="source">What it reads.</param>
    /// <param name="destination">Where inside the device the bytes go.</param>
    /// <param name="offset">The first byte there.</param>
    /// <param name="options">When it begins; null: <see cref="DmaTransferOptions.Default"/>.</param>
    /// <exception cref="DmaBufException">EINVAL: the bytes have no room there; ENODEV: the device was removed. Nothing was submitted.</exception>
    public DmaTransfer SubmitRead(DmaRangeList source, IDeviceMemory destination, ulong offset, DmaTransferOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        RequireRoom(destination, offset, source);
        return Enqueue(fence => new DmaTransfer(this, fence, new RangeSource(Device, source), new DeviceMemorySink(destination, offset), source.Length, options));
    }

    /// <summary>The device writes memory from itself (<c>DMA_DEV_TO_MEM</c>).</summary>
    /// <param name="source">Where inside the device the bytes come from.</param>
    /// <param name="offset">The first byte there.</param>
    /// <param name="destination">What the device writes.</param>
    /// <param name="options">When it begins; null: <see cref="DmaTransferOptions.Default"/>.</param>
    /// <exception cref="DmaBufException">EINVAL: there are not as many bytes; ENODEV: the device was removed. Nothing was submitted.</exception>
    public DmaTransfer SubmitWrite(IDeviceMemory source, ulong offset, DmaRangeList destination, DmaTransferOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(destination);
        RequireRoom(source, offset, destination);
        return Enqueue(fence => new DmaTransfer(this, fence, new DeviceMemorySource(source, offset), new RangeSink(Device, destination), destination.Length, options));
    }

    /// <summary>Aborts all that was submitted and has not ended (<c>dmaengine_terminate_async</c>); does not wait. The fences fail with ECANCELED.</summary>
    /// <returns>How many this call aborted.</returns>
    public int AbortAll() => Snapshot().Count(static transfer => transfer.Abort());

    /// <summary>The timeline.</summary>
    public override string ToString() => Timeline.ToString();

    private void RequireRoom(IDeviceMemory memory, ulong offset, DmaRangeList list)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (offset > memory.Length || list.Length > memory.Length - offset)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"A transfer of {list} at 0x{offset:x} inside {Device.Name} was refused by {this}: there are 0x{memory.Length:x} bytes. Stay inside.");
        }
    }
}
