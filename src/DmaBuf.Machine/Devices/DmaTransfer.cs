using System.Buffers;

namespace DmaBuf.Machine;

/// <summary>One transfer that was submitted to a <see cref="DmaChannel"/> (<c>struct dma_async_tx_descriptor</c>).</summary>
/// <remarks>Safe for all threads. Holds memory only; may be forgotten.</remarks>
public class DmaTransfer
{
    private const int Undecided = -1;
    private const int PieceLength = SoftwareIommuDomain.LargestPiece;

    private readonly FenceSource _fence;
    private readonly TransferSource _source;
    private readonly TransferSink _sink;
    private readonly DmaTransferOptions _options;

    // Both without a timer or a wait handle, so that neither needs disposing.
    private readonly CancellationTokenSource? _decided;
    private readonly TaskCompletionSource? _issued;
    private int _outcome = Undecided;
    private ulong _moved;

    internal DmaTransfer(DmaChannel channel, FenceSource fence, TransferSource source, TransferSink sink, ulong length, DmaTransferOptions? options)
    {
        Channel = channel;
        Length = length;
        _fence = fence;
        _source = source;
        _sink = sink;
        _options = options ?? DmaTransferOptions.Default;
        _issued = _options.IsHeld ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null;
        _decided = _options.IsHeld || _options.After.Count != 0 ? new CancellationTokenSource() : null;
    }

    /// <summary>The channel that it was submitted to.</summary>
    public DmaChannel Channel { get; }

    /// <summary>
    /// Signals when no byte will move any more. Errors: EFAULT: an access faulted; ECANCELED: aborted; ENODEV: the device was removed; EIO: something inside the device failed;
    /// else what an in-fence failed with.
    /// </summary>
    public Fence Fence => _fence.Fence;

    /// <summary>Bytes to move.</summary>
    public ulong Length { get; }

    /// <summary>Bytes that have arrived: the first ones. Final once the fence has signaled, and never followed by bytes that were written beyond them.</summary>
    public ulong MovedBytes => Volatile.Read(ref _moved);

    /// <summary>What the transfer failed with, in words; null while it is pending, and after success. A <see cref="DmaTransferOptions.Finish"/> may have repaired it.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>What callbacks of the fence threw; null: nothing. The channel goes on regardless.</summary>
    public AggregateException? CallbackFailure { get; private set; }

    internal bool IsDecided => Volatile.Read(ref _outcome) != Undecided;

    /// <summary>Lets a transfer that was submitted with <see cref="DmaTransferOptions.IsHeld"/> begin. Without effect on others, and again.</summary>
    public void Issue() => _issued?.TrySetResult();

    /// <summary>
    /// Aborts the transfer: does not wait, and begins no further access; at most the one under way ends. The fence fails with ECANCELED in its turn, and then nothing is written
    /// any more.
    /// </summary>
    /// <returns>True: this call aborted it. False: it was over, or had failed.</returns>
    public bool Abort() => TryDecide(Errno.ECANCELED);

    /// <summary>Channel, number, state, bytes.</summary>
    public override string ToString() => $"{Fence}, {MovedBytes} of {Length} bytes";

    internal bool TryDecide(Errno outcome)
    {
        if (Interlocked.CompareExchange(ref _outcome, (int)outcome, Undecided) != Undecided)
        {
            return false;
        }

        _decided?.Cancel();
        return true;
    }

    /// <summary>Completes when the transfer may begin, or was decided before.</summary>
    internal async Task WaitForStartAsync()
    {
        if (_decided is null)
        {
            return;
        }

        try
        {
            if (_issued is not null)
            {
                await _issued.Task.WaitAsync(_decided.Token).ConfigureAwait(false);
            }

            await _options.After.WaitAsync(_decided.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Decided: there is nothing to wait for any more.
        }
    }

    /// <summary>Moves the bytes and finishes. Never throws.</summary>
    internal void Run()
    {
        if (!_options.GoesOnAfterErrors && _options.After.Error is not Errno.None and Errno before && TryDecide(before))
        {
            Failure = new DmaBufException(before, $"Transfer {this} was not begun: what it waited for failed with {before}. Look there.");
        }

#pragma warning disable CA1031 // The fence has to signal whatever happens; it and Failure tell.
        try
        {
            Move();
            TryDecide(Errno.None);
            NoteEarlyEnd();
        }
        catch (Exception failure)
        {
            Failure = failure;
            TryDecide(ErrorOf(failure));
        }

        try
        {
            _outcome = (int)(_options.Finish?.Invoke((Errno)_outcome) ?? (Errno)_outcome);
        }
        catch (Exception failure)
        {
            Failure = failure;
            _outcome = (int)ErrorOf(failure);
        }
#pragma warning restore CA1031
    }

    /// <summary>Signals the fence. Never throws.</summary>
    internal void Signal()
    {
        try
        {
            _ = _outcome == (int)Errno.None ? _fence.TrySignal() : _fence.TryFail((Errno)_outcome);
        }
        catch (AggregateException thrown)
        {
            CallbackFailure = thrown;
        }
    }

    private void Move()
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            while (_moved < Length && !IsDecided)
            {
                int taken = _source.Take(piece.AsSpan(0, (int)Math.Min(Length - _moved, PieceLength)), this);
                for (int put = 0; put < taken && !IsDecided;)
                {
                    int count = _sink.Put(piece.AsSpan(put, taken - put), this);
                    put += count;
                    Volatile.Write(ref _moved, _moved + (ulong)count);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private Errno ErrorOf(Exception failure) => failure switch
    {
        DmaBufException when Channel.Device.Function is { IsRemoved: true } => Errno.ENODEV,
        DmaBufException known when known.Errno != Errno.None => known.Errno,
        _ => Errno.EIO,
    };

    // An end that no access caused is in no log yet.
    private void NoteEarlyEnd()
    {
        if ((Errno)_outcome is Errno.ECANCELED or Errno.ENODEV && Failure is null)
        {
            // What was taken back before it was issued is no fault: the device has not known of it.
            bool isRemoval = (Errno)_outcome == Errno.ENODEV;
            if (isRemoval || _issued is not { Task.IsCompleted: false })
            {
                Channel.Device.Faults.Record(
                    Channel.Device.Name, _sink.Position ?? _source.Position ?? default, null, isRemoval ? DmaFaultReason.Removed : DmaFaultReason.Aborted);
            }

            Failure = new DmaBufException(
                (Errno)_outcome, $"Transfer {this} was stopped: {(isRemoval ? "its device was removed" : "it was aborted")}. The bytes behind are as they were; do not use the result.");
        }
    }
}
