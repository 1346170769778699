using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>An exporter whose offer function asserts the reservation lock, although attach calls it without (D-2).</summary>
internal sealed class LockAssertingExporter : FakeExporter
{
    /// <summary>How a failing assertion reaches the importer; nothing else gives this errno.</summary>
    internal const Errno Asserted = Errno.EIO;

    internal LockAssertingExporter(MappingOffer offer)
        : base(OfferSource.Computed(buffer => buffer.Reservation.IsLocked
            ? MappingOfferList.Create(offer)
            : OfferAnswer.Refuse(Asserted, "the reservation lock is not held")))
    {
    }
}
