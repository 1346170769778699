namespace DmaBuf.Machine;

// Theory
//
// The GPU's own engine makes the copy: its memory is local to it, so it reaches that by bus address; RAM is mapped for it, and unmapped before the fence signals. The work is
// submitted while the buffer's lock is held, so that its fence is there to be added, but waits until the importers have been told.
//
//   the copy                         the bytes                          the fence
//   succeeds                         are in the new place               signals
//   fails: engine, fault, abort      the CPU copies them once more      signals; the fault log tells of the engine
//   fails, as the GPU was removed    are lost with its memory, or,      fails with ENODEV; the new place is lost (GraphicsMemory): who has mapped it
//                                    if they come from RAM, still there faults from now on
//   is called off                    are where they were                signals: who waits for it has lost nothing
//
// Repair comes before the fence signals and takes no lock, because who waits for the fence may hold the reservation. So nobody ever reads a place that was filled in part.
// Mirrors i915, whose moves fall back to a copy by the CPU and else mark the object as of unknown state. A GPU without an engine has its copies made by the CPU (TTM's memcpy).

/// <summary>The copy of a graphics buffer from its old place to its new one. It holds both places until it has ended.</summary>
/// <remarks>Prepared, begun and called off under the buffer's reservation lock; ends on a thread of its own.</remarks>
internal sealed class GraphicsMove
{
    private readonly GraphicsProcessor _processor;
    private readonly GraphicsMemory _source;
    private readonly GraphicsMemory _target;
    private readonly ulong _size;
    private readonly FenceSnapshot _before;
    private ScatterGatherBacking? _from;
    private ScatterGatherBacking? _to;
    private DmaTransfer? _byEngine;
    private FenceSource _byProcessor;
    private volatile bool _isCalledOff;
    private int _hasLetGo;

    private GraphicsMove(GraphicsProcessor processor, GraphicsMemory source, GraphicsMemory target, ulong size, FenceSnapshot before)
    {
        _processor = processor;
        _source = source;
        _target = target;
        _size = size;
        _before = before;
        source.Take();
        target.Take();
    }

    /// <summary>Signals when the bytes have arrived.</summary>
    internal Fence Arrived => _byEngine?.Fence ?? _byProcessor.Fence;

    /// <summary>Gets everything that the copy needs; what can fail fails here.</summary>
    /// <exception cref="DmaBufException">As mapping for the GPU; ENODEV: it was removed. Nothing is held.</exception>
    internal static GraphicsMove Prepare(
        GraphicsProcessor processor, DmaChannel? channel, GraphicsMemory source, GraphicsMemory target, ulong size, FenceSnapshot before, string name)
    {
        GraphicsMove move = new(processor, source, target, size, before);
        try
        {
            if (channel is null)
            {
                // A timeline of its own: a move that is called off must not overtake an earlier one.
                move._byProcessor = new FenceContext(name).CreateFence();
            }
            else
            {
                move.Submit(channel);
            }

            return move;
        }
        catch
        {
            move.LetGo();
            throw;
        }
    }

    /// <summary>The new place is the buffer's: copies once the work before has ended.</summary>
    internal void Begin()
    {
        if (_byEngine is not null)
        {
            _byEngine.Issue();
        }
        else
        {
            _ = Task.Run(CopyByProcessorAsync);
        }
    }

    /// <summary>
    /// The buffer stays where it is. The engine was not told yet, so all is given back at once. The fence signals in its turn and without an error: importers that meet it in
    /// the reservation wait for bytes that have never left.
    /// </summary>
    internal void CallOff()
    {
        _isCalledOff = true;
        LetGo();
        if (_byEngine is not null)
        {
            _byEngine.Abort();
        }
        else
        {
            _byProcessor.TrySignal();
        }
    }

    private void Submit(DmaChannel channel)
    {
        _from = Map(channel.Device, _source, DmaDirection.ToDevice);
        _to = Map(channel.Device, _target, DmaDirection.FromDevice);

        // Work that failed does not keep the buffer from moving: its bytes are what they are.
        DmaTransferOptions options = new() { After = _before, GoesOnAfterErrors = true, IsHeld = true, Finish = Finish };
        _byEngine = channel.SubmitCopy(DmaRangeList.Of(_from.Table.Entries), DmaRangeList.Of(_to.Table.Entries), options);
    }

    private ScatterGatherBacking Map(DmaEngineDevice engine, GraphicsMemory memory, DmaDirection direction) => ScatterGatherTableBuilder.Build(
        engine, memory.Placement == GraphicsPlacement.DeviceMemory ? _processor.Provider : null, memory.Ranges, _size, direction);

    private async Task CopyByProcessorAsync()
    {
        await _before.WaitAsync().ConfigureAwait(false);
        Errno outcome = Finish(Errno.ENOSYS);
        _ = outcome == Errno.None ? _byProcessor.TrySignal() : _byProcessor.TryFail(outcome);
    }

    // No byte moves any more, and nobody has seen the fence signal.
    private Errno Finish(Errno outcome)
    {
        if (_isCalledOff)
        {
            return Errno.None;
        }

        if (outcome != Errno.None || _source.IsLost)
        {
            outcome = CopyByProcessor();
        }

        LetGo();
        return outcome;
    }

    private Errno CopyByProcessor()
    {
        GraphicsMemory? intact = _source.IsLost ? _source.Origin : _source;
        try
        {
            intact?.CopyTo(_target, _size);
            return intact is null ? Errno.ENODEV : Errno.None;
        }
        catch (DmaBufException)
        {
            _target.Lose(intact?.Placement == GraphicsPlacement.SystemMemory ? intact : null);
            return Errno.ENODEV;
        }
    }

    private void LetGo()
    {
        if (Interlocked.Exchange(ref _hasLetGo, 1) != 0)
        {
            return;
        }

        _from?.Release();
        _to?.Release();
        _source.Drop();
        _target.Drop();
    }
}
