namespace DmaBuf;

/// <content>
/// Revoke: take the memory away, provably (spec 2.11, 7.3, B.2).
/// Under the lock: refuse new maps, accesses and fences, tell the importers, snapshot the BOOKKEEP fences. Without the lock: wait for the snapshot and
/// for every mapping to go, under one deadline. At the deadline, under the lock again: cut off what can be cut off, quarantine the rest.
/// </content>
public sealed partial class DmaBuffer
{
    private BufferLife _life;
    private RevokeOperation? _revoke;
    private FenceSnapshot _lingering = FenceSnapshot.Empty;
    private int _mappingCount;

    /// <summary>Where the buffer stands; another thread may change it at any time.</summary>
    public BufferPhase Phase => _life.Phase;

    /// <summary>
    /// True while somebody holds the memory past a revoke's deadline and cannot be cut off, or works on it behind a fence that has not signalled. The memory must
    /// not be reused.
    /// </summary>
    public bool IsQuarantined
    {
        get
        {
            using (Reservation.LockOrJoin(out _))
            {
                return QuarantinedBy() is not null;
            }
        }
    }

    /// <summary>Live mappings of all attachments; another thread may change it at any time.</summary>
    public int MappingCount => Volatile.Read(ref _mappingCount);

    /// <summary>
    /// Takes the memory away from all importers. From its start new attaches, maps, accesses and fences fail with ENODEV; when it returns, nobody reaches
    /// the memory except those whom the report names as quarantined.
    /// </summary>
    /// <param name="deadline">
    /// How long importers may take to let go, fences to signal and accesses to end, all together; zero forces at once, <see cref="Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <param name="cancellationToken">
    /// Ends this caller's wait. Before the lock was had it means that no revoke has begun; after that the revoke itself goes on to its deadline.
    /// </param>
    /// <returns>
    /// How it ended and for whom. A second revoke meanwhile joins the first: the earlier of their deadlines ends both, with one report. A revoke of a buffer that
    /// is revoked already names those who hold it in quarantine now.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The deadline is negative or longer than a timer can wait.</exception>
    /// <exception cref="DmaBufException">EDEADLK: the reservation lock is held by this thread.</exception>
    /// <exception cref="ObjectDisposedException">The buffer was released.</exception>
    public ValueTask<RevokeReport> RevokeAsync(TimeSpan deadline, CancellationToken cancellationToken = default)
        => EndUseAsync(BufferEvent.Revoke, deadline, cancellationToken);

    /// <summary>The exporter's device goes for good: like a revoke, but nothing makes the buffer live again.</summary>
    /// <inheritdoc cref="RevokeAsync"/>
    public ValueTask<RevokeReport> CloseAsync(TimeSpan deadline, CancellationToken cancellationToken = default)
        => EndUseAsync(BufferEvent.Close, deadline, cancellationToken);

    /// <summary>
    /// Gives the memory back after a revoke: attach and map succeed again, dynamic importers are told. Old mappings stay dead. Waits for a revoke under way; on a
    /// live buffer it does nothing.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait for a revoke under way.</param>
    /// <exception cref="DmaBufException">ENODEV: the device is gone for good. EBUSY: somebody still holds the memory in quarantine.</exception>
    /// <exception cref="ObjectDisposedException">The buffer was released.</exception>
    public async ValueTask UnrevokeAsync(CancellationToken cancellationToken = default)
    {
        while (TryUnrevoke() is { } underWay)
        {
            await underWay.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// How long importers still have to let go while a revoke is under way: what <see cref="DynamicImporter.OnInvalidate"/> passes on to whoever must know. Zero if none is, or if it is
    /// over; <see cref="Timeout.InfiniteTimeSpan"/> if it waits for ever. Needs no lock.
    /// </summary>
    public TimeSpan RevokeTimeLeft => Volatile.Read(ref _revoke)?.TimeLeft ?? TimeSpan.Zero;

    internal void MappingMadeLocked(Mapping mapping)
    {
        _mappingCount++;
        if (mapping.IsApartFromCpu)
        {
            _mappingsApartFromCpu++;
        }
    }

    internal void MappingGoneLocked(Mapping mapping)
    {
        if (mapping.IsApartFromCpu)
        {
            _mappingsApartFromCpu--;
        }

        if (--_mappingCount == 0)
        {
            _revoke?.Drained.TrySetResult();
        }
    }

    /// <summary>The end of a revoke, under the lock: cuts off, quarantines, and makes the report.</summary>
    internal RevokeReport FinishRevoke(RevokeOperation operation)
    {
        using ReservationLock held = Reservation.Lock();
        List<RevokedAttachment> ended = [];
        foreach (Attachment attachment in AttachmentsLocked())
        {
            if (attachment.Status.LiveMappings > 0)
            {
                ended.Add(CutOff(attachment, held.Lend()));
            }
        }

        _life = BufferLife.Apply(_life, BufferEvent.RevokeFinished).Next;
        _revoke = null;
        string[] unsignaled = Describe(operation.Fences);
        _lingering = operation.Fences.WhatLingers();
        RevokeOutcome outcome = WorstOf(ended, unsignaled.Length > 0 ? RevokeOutcome.Forced : RevokeOutcome.Drained);
        if (_lingering.Count > 0)
        {
            outcome = RevokeOutcome.Quarantined;
            Registry.Report(
                DmaBufferProblemKind.Quarantined,
                $"Work on '{DisplayName}' goes on past the revoke's deadline behind {string.Join(", ", Describe(_lingering))}, and nothing can be taken away from it.");
        }

        return new RevokeReport(outcome, _time.GetElapsedTime(operation.Started), ended, unsignaled);
    }

    private RevokedAttachment CutOff(Attachment attachment, ReservationLock held)
    {
        Revocability revocability = attachment.KnownRevocability;
        int mappings = attachment.Status.LiveMappings;
        int accesses = 0;
        Mapping? mapping = attachment.FirstMapping;
        while (mapping is not null)
        {
            Mapping? next = mapping.Next;
            accesses += mapping.Gate.Inside;
            if (revocability == Revocability.Enforced)
            {
                attachment.ForceLocked(mapping, in held);
            }

            mapping = next;
        }

        bool left = attachment.Status.LiveMappings > 0;
        attachment.IsQuarantined = left;
        RevokeOutcome outcome = left ? RevokeOutcome.Quarantined : RevokeOutcome.Forced;
        if (left)
        {
            Registry.Report(
                DmaBufferProblemKind.Quarantined,
                $"'{attachment.Importer}' holds '{DisplayName}' past the revoke's deadline by {attachment.Status.LiveMappings} {attachment.Type.Name} mappings.");
        }

        return new RevokedAttachment(attachment.Importer.Name, attachment.Type.Name, revocability, outcome, mappings, accesses);
    }

    /// <summary>Who holds the memory in quarantine now: the report of a revoke that finds the buffer revoked. The lock is held.</summary>
    private RevokeReport ReportQuarantine()
    {
        List<RevokedAttachment> holders = [];
        for (Attachment? attachment = _attachments; attachment is not null; attachment = attachment.Next)
        {
            if (attachment.IsQuarantined)
            {
                holders.Add(new RevokedAttachment(
                    attachment.Importer.Name, attachment.Type.Name, attachment.KnownRevocability, RevokeOutcome.Quarantined, attachment.Status.LiveMappings, attachment.AccessesInside));
            }
        }

        string[] unsignaled = Describe(_lingering);
        return holders.Count == 0 && unsignaled.Length == 0
            ? RevokeReport.NothingToDo
            : new RevokeReport(RevokeOutcome.Quarantined, TimeSpan.Zero, holders, unsignaled);
    }

    private static string[] Describe(FenceSnapshot fences) => [.. fences.Where(static fence => !fence.IsSignaled).Select(static fence => fence.ToString())];

    private static RevokeOutcome WorstOf(List<RevokedAttachment> ended, RevokeOutcome atLeast)
        => ended.Aggregate(atLeast, static (worst, attachment) => attachment.Outcome > worst ? attachment.Outcome : worst);

    private ValueTask<RevokeReport> EndUseAsync(BufferEvent happened, TimeSpan deadline, CancellationToken cancellationToken)
    {
        RevokeOperation.ThrowIfNoDeadline(deadline);
        cancellationToken.ThrowIfCancellationRequested();
        RevokeOperation? operation;
        bool mine = false;
        using (ReservationLock held = Reservation.Lock(cancellationToken))
        {
            ThrowIfReleased();
            BufferPhase before = _life.Phase;
            _life = BufferLife.Apply(_life, happened).Next;
            operation = _revoke;
            if (before == BufferPhase.Live)
            {
                operation = BeginRevoke(deadline, held.Lend());
                mine = true;
            }
            else if (operation is null)
            {
                return new ValueTask<RevokeReport>(ReportQuarantine());
            }
        }

        if (mine)
        {
            operation!.Run(deadline);
        }
        else
        {
            operation!.EndBy(deadline);
        }

        Task<RevokeReport> report = operation.Report;
        return report.IsCompletedSuccessfully
            ? new ValueTask<RevokeReport>(report.Result)
            : new ValueTask<RevokeReport>(report.WaitAsync(cancellationToken));
    }

    private RevokeOperation BeginRevoke(TimeSpan deadline, ReservationLock held)
    {
        _revoke = new RevokeOperation(this, _time);
        _revoke.Announce(deadline);
        TakeReferenceLocked();
        TellImporters(InvalidateReason.Revoke, held);
        _revoke.Fences = Reservation.Snapshot(FenceUsage.Bookkeep);
        if (_mappingCount == 0)
        {
            _revoke.Drained.TrySetResult();
        }

        return _revoke;
    }

    /// <summary>Null: done; else the revoke that must end first.</summary>
    private Task<RevokeReport>? TryUnrevoke()
    {
        using ReservationLock held = Reservation.Lock();
        ThrowIfReleased();
        (BufferLife next, Errno refused) = BufferLife.Apply(_life, BufferEvent.Unrevoke);
        if (refused == Errno.EAGAIN)
        {
            return _revoke!.Report;
        }

        if (refused != Errno.None)
        {
            throw new DmaBufException(refused, $"Un-revoking '{DisplayName}' was refused: its device is gone for good. Export a new buffer.");
        }

        if (_life.Phase == BufferPhase.Revoked)
        {
            if (QuarantinedBy() is { } holder)
            {
                throw new DmaBufException(Errno.EBUSY, $"Un-revoking '{DisplayName}' was refused: {holder}.");
            }

            _life = next;
            TellImporters(InvalidateReason.Unrevoke, held.Lend());
        }

        return null;
    }

    /// <summary>Who still holds the memory, as a clause for people, or null.</summary>
    private string? QuarantinedBy()
    {
        for (Attachment? attachment = _attachments; attachment is not null; attachment = attachment.Next)
        {
            if (attachment.IsQuarantined)
            {
                return $"'{attachment.Importer}' still holds it in quarantine. Wait until it unmaps";
            }
        }

        return _lingering.IsSignaled ? null : $"work behind {string.Join(", ", Describe(_lingering))} has not ended. Wait until it signals";
    }
}
