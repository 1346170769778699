namespace DmaBuf.Testing;

/// <summary>What an importer that <see cref="MappingTypeSubject.CreateDynamicImporter"/> makes has to call from its <c>OnInvalidate</c>, with the same arguments.</summary>
/// <param name="attachment">The attachment whose mappings are meant.</param>
/// <param name="reason">Why.</param>
/// <param name="held">The proof that the reservation lock is held.</param>
public delegate void InvalidateAction(Attachment attachment, InvalidateReason reason, in ReservationLock held);
