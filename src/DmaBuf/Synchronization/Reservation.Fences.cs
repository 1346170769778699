namespace DmaBuf;

// The fences. The array is replaced under the reservation lock and read without it.
public sealed partial class Reservation
{
    private FenceEntry[] _fences = [];

    /// <summary>
    /// Tells of every fence that is added, so that it can be passed on to another process. Called <b>with the lock held</b>: it must be short, must not
    /// wait, must not throw, and must not lock another reservation.
    /// </summary>
    public event Action<Fence, FenceUsage>? FenceAdded;

    /// <summary>True once everything that a reader has to wait for has ended: poll's POLLIN. A moment's answer, without the lock.</summary>
    public bool IsReadable => !HasPending(FenceUsage.Write);

    /// <summary>True once everything that a writer has to wait for has ended: poll's POLLOUT. A moment's answer, without the lock.</summary>
    public bool IsWritable => !HasPending(FenceUsage.Read);

    /// <summary>
    /// Which fences an implicit access has to wait for (<c>dma_resv_usage_rw</c>): a writer waits for readers, writers and memory management,
    /// a reader for writers and memory management.
    /// </summary>
    /// <param name="direction">As for CPU access: what the device does afterwards, so that <see cref="DmaDirection.ToDevice"/> means that the CPU writes.</param>
    /// <returns><see cref="FenceUsage.Read"/> for Bidirectional and ToDevice, <see cref="FenceUsage.Write"/> for FromDevice.</returns>
    /// <exception cref="DmaBufException">EINVAL: no such direction.</exception>
    public static FenceUsage ImplicitWaitUsage(DmaDirection direction) => direction switch
    {
        DmaDirection.Bidirectional or DmaDirection.ToDevice => FenceUsage.Read,
        DmaDirection.FromDevice => FenceUsage.Write,
        _ => throw new DmaBufException(Errno.EINVAL,
            $"An access in direction {(int)direction} cannot wait for fences; the directions are Bidirectional, ToDevice and FromDevice"),
    };

    /// <summary>Adds a fence (<c>dma_resv_add_fence</c>): from now on, who asks for its usage class or a later one waits for it.</summary>
    /// <param name="held">The proof that this reservation is locked.</param>
    /// <param name="fence">
    /// The fence. It takes the place of earlier ones of its context with the same or a later class. A signaled one is not kept, and signaled ones are dropped.
    /// </param>
    /// <param name="usage">Who has to wait.</param>
    /// <exception cref="ArgumentNullException"><paramref name="fence"/> is null.</exception>
    /// <exception cref="DmaBufException">EINVAL: no such usage, or no proof of this lock.</exception>
    /// <remarks>
    /// A reservation does not know which of its buffers has been revoked: importers announce their work with <see cref="Attachment.AddFence"/>,
    /// which does.
    /// </remarks>
    public void AddFence(in ReservationLock held, Fence fence, FenceUsage usage) => AddFenceOf(in held, fence, usage, isCutOff: false);

    /// <summary>The same, and whether a revoke that takes the mappings away also stops the work behind the fence.</summary>
    internal void AddFenceOf(in ReservationLock held, Fence fence, FenceUsage usage, bool isCutOff)
    {
        ArgumentNullException.ThrowIfNull(fence);
        ThrowIfUnknown(usage);
        ThrowIfNotHeldBy(in held);
        Volatile.Write(ref _fences, FenceList.Add(_fences, new FenceEntry(fence, usage, isCutOff)));
        FenceAdded?.Invoke(fence, usage);
    }

    /// <summary>Are there pending fences of this class or an earlier one (the opposite of <c>dma_resv_test_signaled</c>)? Needs no lock.</summary>
    /// <param name="usage">The latest class to look at.</param>
    /// <returns>A moment's answer; under the lock no fence can be added meanwhile.</returns>
    /// <exception cref="DmaBufException">EINVAL: no such usage.</exception>
    public bool HasPending(FenceUsage usage)
    {
        ThrowIfUnknown(usage);
        return FenceList.AnyPending(Volatile.Read(ref _fences), usage);
    }

    /// <summary>The pending fences of this class and of all earlier ones (<c>dma_resv_get_fences</c>). Needs no lock.</summary>
    /// <param name="usage">The latest class to include.</param>
    /// <returns>What was pending at this moment; <see cref="FenceSnapshot.Empty"/>, without any allocation, if nothing was.</returns>
    /// <exception cref="DmaBufException">EINVAL: no such usage.</exception>
    public FenceSnapshot Snapshot(FenceUsage usage)
    {
        ThrowIfUnknown(usage);
        return FenceList.Snapshot(Volatile.Read(ref _fences), usage);
    }

    /// <summary>Waits, without the lock and without blocking, for what a reader has to wait for at this moment.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Completed when the fences that were pending have signaled; writers announced later are not waited for.</returns>
    public ValueTask WaitReadableAsync(CancellationToken cancellationToken = default) =>
        Snapshot(FenceUsage.Write).WaitAsync(cancellationToken);

    /// <summary>Waits, without the lock and without blocking, for what a writer has to wait for at this moment.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Completed when the fences that were pending have signaled; accesses announced later are not waited for.</returns>
    public ValueTask WaitWritableAsync(CancellationToken cancellationToken = default) =>
        Snapshot(FenceUsage.Read).WaitAsync(cancellationToken);

    private static void ThrowIfUnknown(FenceUsage usage)
    {
        if ((uint)usage > (uint)FenceUsage.Bookkeep)
        {
            throw new DmaBufException(Errno.EINVAL,
                $"{(int)usage} is no fence usage; the classes are Kernel, Write, Read and Bookkeep");
        }
    }
}
