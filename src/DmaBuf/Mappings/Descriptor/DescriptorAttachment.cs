using System.Runtime.InteropServices;

namespace DmaBuf;

/// <summary>An attachment whose importer gets a kernel descriptor.</summary>
/// <remarks>Safe for all threads. See <see cref="Attachment"/> for locks and life.</remarks>
public sealed class DescriptorAttachment : Attachment
{
    private readonly DescriptorOffer _offer;
    private readonly IDescriptorImport? _importing;
    private DescriptorImport? _import;
    private IDisposable? _imported;
    private SafeHandle? _handle;

    internal DescriptorAttachment(in FinishContext context, DescriptorOffer offer, IDescriptorImport? importing)
        : base(in context)
    {
        _offer = offer;
        _importing = importing;
        ImportsInsideAttach = importing is not null;
    }

    /// <summary>What is known of the descriptors.</summary>
    public DescriptorFacts Facts => _offer.Facts;

    /// <summary>The buffer inside the interface that the request named; null if it named none.</summary>
    public DescriptorImport? Import => _import;

    /// <summary>
    /// None: whoever got a descriptor can duplicate it or hand it on, and nobody can take it back. Enforced: the request named an import that can be undone under its users
    /// (<see cref="IDescriptorImport.CanTakeAway"/>), and nobody else gets the descriptor.
    /// </summary>
    public override Revocability Revocability => _importing is { CanTakeAway: true } ? Revocability.Enforced : Revocability.None;

    /// <summary>Opens a descriptor. Called without the reservation lock.</summary>
    /// <param name="cancellationToken">Ends waiting for the lock and for memory that is still moving.</param>
    /// <returns>The mapping; dispose it when the interface that got the descriptor has let go of the memory, too.</returns>
    /// <exception cref="DmaBufException">ENODEV: revoked; EINVAL: the request named an import, so the descriptor goes there alone; EMFILE and others from the exporter.</exception>
    /// <exception cref="ObjectDisposedException">Detached.</exception>
    public DescriptorMapping MapDescriptor(CancellationToken cancellationToken = default) => Map(this, MapHeld, cancellationToken);

    /// <summary>The same with the lock held by the caller.</summary>
    /// <inheritdoc cref="MapDescriptor"/>
    public DescriptorMapping MapDescriptorLocked(in ReservationLock held) => MapLocked(in held, this, MapHeld);

    /// <summary>Unmaps; a second time, or another attachment's mapping, is EINVAL. Called without the lock.</summary>
    public void UnmapDescriptor(DescriptorMapping mapping) => Unmap(mapping);

    /// <summary>The same with the lock held by the caller.</summary>
    public void UnmapDescriptorLocked(in ReservationLock held, DescriptorMapping mapping) => UnmapLocked(in held, mapping);

    private protected override Mapping? ImportMapping => _import;

    /// <inheritdoc/>
    protected internal override string Describe() => $"{Importer} {Facts.Kind}";

    internal override void ImportUnlocked()
    {
        if (!IsDynamic)
        {
            Buffer.Reservation.Snapshot(FenceUsage.Kernel).Wait(Timeout.InfiniteTimeSpan, CancellationToken.None);
        }

        using (ReservationLock held = Buffer.Reservation.Lock())
        {
            _handle = Open(in held);
        }

        _imported = _importing!.Import(this, _handle)
            ?? throw new DmaBufException(Errno.EINVAL, $"Importing '{Buffer}' for '{Importer}' returned nothing that could undo it. Return an object from Import.");
    }

    internal override void KeepImportLocked(in ReservationLock held) => _import = MapHeld(held.Lend(), this, KeepHeld, AttachmentEvent.Import);

    internal override void DropImport()
    {
        try
        {
            _imported?.Dispose();
        }
        finally
        {
            _handle?.Dispose();
        }
    }

    private static DescriptorImport KeepHeld(in MapTicket ticket, DescriptorAttachment attachment)
    {
        DescriptorImport import = new(in ticket, attachment._imported!, attachment._handle!, attachment._importing!.Cost);

        // From here on the mapping owns both.
        attachment._imported = null;
        attachment._handle = null;
        return import;
    }

    private static DescriptorMapping MapHeld(in MapTicket ticket, DescriptorAttachment attachment) => attachment._importing is null
        ? new DescriptorMapping(in ticket, attachment.Open(in ticket))
        : throw new DmaBufException(
            Errno.EINVAL, $"A descriptor of '{attachment.Buffer}' for '{attachment.Importer}' was refused: its request named an import. Attach a second time, without one.");

    private SafeHandle Open(in MapTicket ticket)
    {
        ReservationLock held = ticket.Held;
        return Open(in held);
    }

    private SafeHandle Open(in ReservationLock held)
    {
        SafeHandle? handle = _offer.Operations.OpenDescriptor(this, in held);
        return handle is { IsInvalid: false, IsClosed: false }
            ? handle
            : throw new DmaBufException(Errno.EBADF, $"Opening a descriptor of '{Buffer}' returned none.");
    }
}
