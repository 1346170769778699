using System.Runtime.InteropServices;

namespace DmaBuf;

/// <summary>
/// A buffer inside the interface that imported it by its descriptor (<see cref="IDescriptorImport"/>). Lives from attach to detach, as a mapping of its attachment: a revoke waits for
/// it, takes it away, or names it.
/// </summary>
/// <remarks>Safe for all threads. Detach undoes it; dispose it earlier to let go while staying attached. After that, only a new attach imports again.</remarks>
public sealed class DescriptorImport : Mapping
{
    private readonly SafeHandle _handle;
    private bool _isUndone;

    internal DescriptorImport(in MapTicket ticket, IDisposable imported, SafeHandle handle, MappingCost cost)
        : base(in ticket, cost)
    {
        Imported = imported;
        _handle = handle;
    }

    /// <summary>What <see cref="IDescriptorImport.Import"/> returned, for the importer that knows its class. Never dispose it: it belongs to this mapping.</summary>
    public IDisposable Imported { get; }

    /// <summary>Borrows the descriptor that was imported, for interfaces that want to see it at each use (<c>VIDIOC_QBUF</c>).</summary>
    /// <returns>The lease; dispose it once, soon.</returns>
    /// <exception cref="DmaBufException">ENODEV: revoked.</exception>
    /// <exception cref="ObjectDisposedException">Detached.</exception>
    public DescriptorLease Borrow() => new(_handle, EnterAccess());

    /// <inheritdoc/>
    protected internal override void Unmap(in ReservationLock held)
    {
        try
        {
            Undo();
        }
        finally
        {
            _handle.Dispose();
        }
    }

    /// <inheritdoc/>
    protected internal override bool TryTakeAway(in ReservationLock held)
    {
        if (Attachment.Revocability != Revocability.Enforced)
            return false;
        Undo();
        return true;
    }

    /// <inheritdoc/>
    protected internal override void ReleaseTaken(in ReservationLock held) => _handle.Dispose();

    private void Undo()
    {
        if (_isUndone)
            return;
        _isUndone = true;
        Imported.Dispose();
    }
}
