namespace DmaBuf.Machine;

/// <summary>
/// Shows how a driver exports memory that it may lose at any time: a PCI function in the hands of a VFIO-like driver, whose owner makes buffers of its BARs and then
/// disables, resets or closes the device under their importers, or pulls it out.
/// </summary>
/// <remarks>
/// Theory: the device keeps a list of its living buffers. Whenever its memory stops answering, each of them is revoked <i>first</i>: the core tells the importers, waits
/// for fences and unmaps up to one deadline, and only then is the memory really taken. When the memory is back they are un-revoked; when the device is closed they are
/// dead, and outlive it. Whether a buffer is live, revoked or dead, and that no step of this is done twice, is the core's state machine; the device only says what it wants.
/// Vocabulary: <i>memory space</i> is the bit by which the function answers to memory accesses; a <i>transition</i> turns it off or on, resets, or closes.
/// Lock order: the transition lock (asynchronous, held while importers are waited for), the state lock (short, guards list and bits), then reservations. Nobody holds a
/// reservation while waiting for a mapping to go (D-22).
/// Safe for calls from several threads. From inside an importer's callback no transition may be waited for, nor the function be removed, which closes the device.
/// </remarks>
public sealed partial class VfioPciDevice
{
    private readonly Lock _state = new();
    private readonly HashSet<VfioPciBuffer> _buffers = [];
    private readonly VfioPciDeviceOptions _options;
    private readonly IDisposable _removal;
    private bool _memorySpaceEnabled;
    private bool _closed;
    private int _powerReferences;

    /// <summary>Takes a function of the machine; the driver is the only one that exports its BARs.</summary>
    /// <param name="function">The function.</param>
    /// <param name="options">The driver's variant and the state to start from; null for the defaults.</param>
    /// <exception cref="DmaBufException">ENODEV: the function was removed.</exception>
    public VfioPciDevice(PciFunction function, VfioPciDeviceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        Function = function;
        _options = options ?? VfioPciDeviceOptions.Default;
        _memorySpaceEnabled = _options.MemorySpaceEnabled;
        _removal = function.OnRemoval((_, kind) => CloseAtRemoval(kind));
    }

    /// <summary>The function.</summary>
    public PciFunction Function { get; }

    /// <summary>How many attachments keep the function powered; zero when nobody is attached.</summary>
    public int PowerReferences => Volatile.Read(ref _powerReferences);

    /// <summary>How many of its buffers live; after a close has ended it has none, though they may outlive it.</summary>
    public int BufferCount
    {
        get
        {
            lock (_state)
            {
                return _buffers.Count;
            }
        }
    }

    /// <summary>Makes a buffer as the device-feature call does (<c>VFIO_DEVICE_FEATURE_DMA_BUF</c>), from the call's bytes.</summary>
    /// <param name="operations">Get; or Probe, alone or with Get, which makes nothing.</param>
    /// <param name="argumentSize">The size that the caller announces (argsz).</param>
    /// <param name="argument">The whole argument, header first, as far as it can be read.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer, owned by the caller; null for a probe.</returns>
    /// <exception cref="DmaBufException">As the typed form; also EINVAL for another operation or a short argument, EFAULT for missing bytes.</exception>
    public DmaBuffer? CallFeature(
        VfioFeatureOperations operations, uint argumentSize, ReadOnlySpan<byte> argument, DmaBufferExportOptions? options = null)
    {
        RequireVariant();
        const VfioFeatureOperations Known = VfioFeatureOperations.Get | VfioFeatureOperations.Probe;
        if (operations == VfioFeatureOperations.None || (operations & ~Known) != 0)
        {
            throw new DmaBufException(Errno.EINVAL, $"{operations} of a buffer of {Function} was refused: the feature can be got and probed, not set.");
        }

        if ((operations & VfioFeatureOperations.Probe) != 0)
        {
            return null;
        }

        VfioBufferArgument read = VfioBufferArgument.Read(argumentSize, argument);
        return Make(read.RegionIndex, read.Ranges, options);
    }

    /// <summary>Makes a buffer of ranges of one BAR.</summary>
    /// <param name="regionIndex">The BAR's index, 0 to 5.</param>
    /// <param name="ranges">In the order of the buffer's bytes; may overlap.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer, owned by the caller; it starts revoked if the memory space is disabled, and may outlive the device.</returns>
    /// <exception cref="DmaBufException">
    /// EOPNOTSUPP: this variant knows no physical addresses; EINVAL: no range, not whole pages, 2^63 bytes or more, no peer-to-peer, or beyond the BAR; ENODEV: no such BAR, or
    /// the device was closed or pulled out; EOVERFLOW: addresses wrap; ENOMEM. Nothing is made then.
    /// </exception>
    public DmaBuffer CreateBuffer(int regionIndex, ReadOnlySpan<BarRange> ranges, DmaBufferExportOptions? options = null)
    {
        RequireVariant();
        VfioBufferArgument.RequireHeader((uint)regionIndex, 0, (uint)ranges.Length);
        return Make((uint)regionIndex, ranges, options);
    }

    internal void TakePower()
    {
        Interlocked.Increment(ref _powerReferences);
        bool powered = false;
        try
        {
            _options.PoweringUp?.Invoke();
            powered = true;
        }
        finally
        {
            // A veto is followed by no OnDetach: what was taken here is given back here (D-30).
            if (!powered)
            {
                DropPower();
            }
        }
    }

    internal void DropPower() => Interlocked.Decrement(ref _powerReferences);

    internal void Forget(VfioPciBuffer buffer)
    {
        lock (_state)
        {
            _buffers.Remove(buffer);
        }
    }

    private void RequireVariant()
    {
        if (!_options.GivesPhysicalAddresses)
        {
            throw new DmaBufException(Errno.EOPNOTSUPP, $"A buffer of {Function} was refused: this driver variant does not say where its memory lies.");
        }
    }

    private DmaBuffer Make(uint regionIndex, ReadOnlySpan<BarRange> ranges, DmaBufferExportOptions? options)
    {
        ulong size = BarRanges.SizeOf(ranges);
        PciBar? bar = regionIndex < Function.Bars.Count ? Function.Bars[(int)regionIndex] : null;
        if (bar?.Provider is not { } provider)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"A buffer of BAR {regionIndex} of {Function} was refused: {(bar is null ? "there is no such BAR" : "it was not set up for peers")}.");
        }

        return Publish(new VfioPciBuffer(this, bar, provider, BarRanges.Place(bar, ranges)), size, options);
    }

    /// <summary>One exit for every failure: the release, which takes the buffer off the list once (D-18).</summary>
    private DmaBuffer Publish(VfioPciBuffer exporter, ulong size, DmaBufferExportOptions? options)
    {
        lock (_state)
        {
            if (_closed || Function.IsRemoved)
            {
                throw Closed("Making a buffer");
            }

            DmaBuffer buffer = DmaBuffer.Export(exporter, size, options);
            bool published = false;
            try
            {
                exporter.Buffer = buffer;
                _buffers.Add(exporter);
                if (!_memorySpaceEnabled)
                {
                    // Nobody is attached yet. Only a shared reservation's fences could be waited for, and nobody needs to: attaching is refused from here on.
                    _ = buffer.RevokeAsync(Timeout.InfiniteTimeSpan).AsTask();
                }

                published = true;
                return buffer;
            }
            finally
            {
                if (!published)
                {
                    buffer.Dispose();
                }
            }
        }
    }

    private DmaBufException Closed(string tried) => new(
        Errno.ENODEV, $"{tried} of {Function} was refused: the device was {(Function.IsRemoved ? "pulled out. Use another one" : "closed. Open it again")}.");
}
