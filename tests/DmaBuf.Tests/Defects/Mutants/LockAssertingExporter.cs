using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>An exporter whose offer function asserts the reservation lock, although attach calls it without (D-2).</summary>
internal sealed class LockAssertingExporter : FakeExporter
{
    internal LockAssertingExporter(MappingOffer offer)
        : base(OfferSource.Computed(buffer => buffer.Reservation.IsLocked
            ? MappingOfferList.Create(offer)
            : OfferAnswer.Refuse(Errno.EIO, "the reservation lock is not held")))
    {
    }
}
