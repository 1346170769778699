using System.Runtime.InteropServices;

namespace DmaBuf;

/// <summary>An attachment whose importer gets a kernel descriptor.</summary>
/// <remarks>Safe for all threads. See <see cref="Attachment"/> for locks and life.</remarks>
public sealed class DescriptorAttachment : Attachment
{
    private readonly DescriptorOffer _offer;

    internal DescriptorAttachment(in FinishContext context, DescriptorOffer offer)
        : base(in context) => _offer = offer;

    /// <summary>What is known of the descriptors.</summary>
    public DescriptorFacts Facts => _offer.Facts;

    /// <summary>None: whoever got a descriptor can duplicate it or hand it on, and nobody can take it back.</summary>
    public override Revocability Revocability => Revocability.None;

    /// <summary>Opens a descriptor. Called without the reservation lock.</summary>
    /// <param name="cancellationToken">Ends waiting for the lock and for memory that is still moving.</param>
    /// <returns>The mapping; dispose it when the interface that got the descriptor has let go of the memory, too.</returns>
    /// <exception cref="DmaBufException">ENODEV: revoked; EMFILE and others from the exporter.</exception>
    /// <exception cref="ObjectDisposedException">Detached.</exception>
    public DescriptorMapping MapDescriptor(CancellationToken cancellationToken = default) => Map(this, MapHeld, cancellationToken);

    /// <summary>The same with the lock held by the caller.</summary>
    /// <inheritdoc cref="MapDescriptor"/>
    public DescriptorMapping MapDescriptorLocked(in ReservationLock held) => MapLocked(in held, this, MapHeld);

    /// <summary>Unmaps; a second time, or another attachment's mapping, is EINVAL. Called without the lock.</summary>
    public void UnmapDescriptor(DescriptorMapping mapping) => Unmap(mapping);

    /// <summary>The same with the lock held by the caller.</summary>
    public void UnmapDescriptorLocked(in ReservationLock held, DescriptorMapping mapping) => UnmapLocked(in held, mapping);

    /// <inheritdoc/>
    protected internal override string Describe() => $"{Importer} {Facts.Kind}";

    private static DescriptorMapping MapHeld(in MapTicket ticket, DescriptorAttachment attachment)
    {
        SafeHandle? handle = attachment._offer.Operations.OpenDescriptor(attachment, ticket.Held);
        return handle is { IsInvalid: false, IsClosed: false }
            ? new DescriptorMapping(in ticket, handle)
            : throw new DmaBufException(Errno.EBADF, $"Opening a descriptor of '{attachment.Buffer}' returned none.");
    }
}
