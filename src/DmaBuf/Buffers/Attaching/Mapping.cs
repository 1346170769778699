using System.Runtime.CompilerServices;

namespace DmaBuf;

/// <summary>
/// What one map call returned: the typed view of the memory, owned by its attachment and good until it is disposed (which unmaps) or taken away by a revoke.
/// </summary>
/// <remarks>
/// <para>Made only from a <see cref="MapTicket"/>. Every look at the memory goes through <see cref="EnterAccess"/>.</para>
/// <para>
/// Threads: accesses may run side by side and against dispose and revoke. An unmap with accesses inside refuses new ones, and the last to leave tears
/// down. After a revoke accesses fail with ENODEV; a forced mapping stays a valid object whose dispose does nothing more.
/// </para>
/// </remarks>
public abstract class Mapping : IDisposable
{
    private MappingGate _gate;
    private readonly short _cost;

    /// <summary>Makes the mapping, last in the map function: after this nothing may fail.</summary>
    /// <param name="ticket">The permission that Map handed out.</param>
    /// <param name="cost">What this mapping really cost; beyond the agreed bound the map fails.</param>
    protected Mapping(in MapTicket ticket, MappingCost cost)
    {
        ticket.Made(this);
        Attachment = ticket.Attachment;
        // A flag without a name may not get lost in 16 bits: it is beyond every bound, so it becomes the cost that is.
        _cost = MappingCostRule.IsKnown(cost) ? (short)cost : short.MinValue;
    }

    /// <summary>The attachment that owns this mapping.</summary>
    public Attachment Attachment { get; }

    /// <summary>What this mapping really cost; within the attachment's bound.</summary>
    public MappingCost Cost => (MappingCost)_cost;

    /// <summary>True until it was unmapped, revoked or taken away. A hint only: what matters is whether an access can begin.</summary>
    public bool IsAccessible => (_gate.State.Word & GateState.ClosedBits) == 0;

    /// <summary>True once a move made it stale: unmap it and map again.</summary>
    public bool IsInvalidated => (Flags & MappingFlags.Invalidated) != 0;

    internal MappingFlags Flags { get; set; }

    /// <summary>True if device and CPU do not see the same bytes by themselves.</summary>
    internal bool IsApartFromCpu => (Cost & (MappingCost.Bounce | MappingCost.CacheMaintenance)) != 0;

    internal Mapping? Next { get; set; }

    internal Mapping? Previous { get; set; }

    internal GateState Gate => _gate.State;

    /// <summary>Unmaps. Idempotent, never throws. With accesses inside, the last one to leave finishes the work.</summary>
    public void Dispose()
    {
        if (_gate.Apply(GateEvent.Unmap) == GateEffect.TearDown)
        {
            Attachment.TearDown(this);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Begins an access; the memory stays reachable until the scope is disposed.</summary>
    /// <exception cref="DmaBufException">ENODEV: the buffer was revoked.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was unmapped.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected AccessScope EnterAccess()
    {
        if (!_gate.TryEnter())
        {
            EnterSlowly();
        }

        return new AccessScope(this);
    }

    /// <summary>
    /// Lets the CPU see what the importer's device wrote. The core calls it at the begin of a CPU access, after the fences, on each live mapping whose
    /// <see cref="Cost"/> has <see cref="MappingCost.Bounce"/> or <see cref="MappingCost.CacheMaintenance"/>, with the lock held. The default does nothing.
    /// </summary>
    /// <exception cref="DmaBufException">The CPU must not look; the access does not begin.</exception>
    protected internal virtual void SynchronizeForCpu(in ReservationLock held)
    {
    }

    /// <summary>Lets the importer's device see what the CPU wrote: the same at the end of a CPU access that may have written. Must not throw.</summary>
    protected internal virtual void SynchronizeForDevice(in ReservationLock held)
    {
    }

    /// <summary>Undoes the map by the exporter's operation. Called once, with the reservation lock held and nobody inside. Must not throw.</summary>
    protected internal abstract void Unmap(in ReservationLock held);

    /// <summary>
    /// Takes the memory away under accesses that are inside, at a revoke's deadline: for example by overlaying the pages. Called with the lock held. False, the
    /// default: cannot be done, the buffer is then quarantined.
    /// </summary>
    protected internal virtual bool TryTakeAway(in ReservationLock held) => false;

    /// <summary>Frees what <see cref="TryTakeAway"/> left behind, once nobody is inside and the importer has unmapped. Called with the lock held. Must not throw.</summary>
    protected internal virtual void ReleaseTaken(in ReservationLock held)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void LeaveAccess()
    {
        if (!_gate.TryLeave())
        {
            LeaveSlowly();
        }
    }

    internal void CloseForRevoke() => _gate.Apply(GateEvent.Revoke);

    internal GateEffect CloseForUnmap() => _gate.Apply(GateEvent.Unmap);

    private void EnterSlowly()
    {
        switch (_gate.Apply(GateEvent.Enter))
        {
            // A mapping that a revoke ended by force is closed like an unmapped one, but its importer has unmapped nothing.
            case GateEffect.RefusedUnmapped when (Flags & MappingFlags.Forced) != 0:
            case GateEffect.RefusedRevoked:
                throw new DmaBufException(
                    Errno.ENODEV,
                    $"An access to '{Attachment.Buffer.DisplayName}' by '{Attachment.Importer}' was refused: the buffer was revoked. Unmap, and map again after it was un-revoked.");
            case GateEffect.RefusedUnmapped:
                throw new ObjectDisposedException(GetType().Name, $"The mapping of '{Attachment.Buffer.DisplayName}' by '{Attachment.Importer}' was unmapped.");
            default:
                break;
        }
    }

    private void LeaveSlowly()
    {
        switch (_gate.Apply(GateEvent.Leave))
        {
            case GateEffect.TearDown:
                Attachment.TearDown(this);
                break;
            case GateEffect.Unbalanced:
                throw new InvalidOperationException("An access ended that had not begun: an access scope was copied or disposed twice.");
            default:
                break;
        }
    }
}
