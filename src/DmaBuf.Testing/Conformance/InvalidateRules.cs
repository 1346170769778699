using static DmaBuf.Testing.ConformanceBench;
using static DmaBuf.Testing.ConformanceImporters;

namespace DmaBuf.Testing;

/// <summary>Rules of dynamic importers: the memory may move at any time.</summary>
internal static class InvalidateRules
{
    internal static IReadOnlyList<ConformanceRule> All { get; } =
    [
        new("MapAgainBesideStale", "After an invalidate the importer maps again beside the stale mapping, which it may use until it unmaps.", Dynamic, static bench =>
            bench.WithAttachment(attachment =>
            {
                using Mapping stale = bench.Subject.Map(attachment);
                Invalidate(attachment.Buffer);
                Expect(bench.Told.SequenceEqual([InvalidateReason.Move]), $"the importer was told {string.Join(", ", bench.Told)}");
                Expect(stale.IsInvalidated, "the old mapping does not say that it is stale");
                using Mapping fresh = bench.Subject.Map(attachment);
                Expect(!fresh.IsInvalidated, "the new mapping says that it is stale");
                bench.Access(stale);
                bench.Access(fresh);
                stale.Dispose();
                bench.Access(fresh);
            })),
        new("InvalidateAnsweredAtOnce", "The importer unmaps and maps again inside OnInvalidate, with the reservation lock held.", Dynamic, static bench =>
            bench.WithAttachment(attachment =>
            {
                using Mapping stale = bench.Subject.Map(attachment);
                Mapping? fresh = null;
                bench.Answer = (Attachment told, InvalidateReason _, in ReservationLock held) =>
                {
                    stale.Dispose();
                    fresh = bench.Subject.MapLocked(told, in held);
                };
                Invalidate(attachment.Buffer);
                bench.ExpectAccessRefused<ObjectDisposedException>(stale);
                if (fresh is null)
                {
                    bench.Excuse = "the subject has no map call for callers that hold the lock";
                    return;
                }

                Expect(attachment.LiveMappings == 1, $"{attachment.LiveMappings} mappings live instead of the new one");
                bench.Access(fresh);
                fresh.Dispose();
            })),
    ];

    private static void Invalidate(DmaBuffer buffer)
    {
        using ReservationLock held = buffer.Reservation.Lock();
        buffer.Invalidate(in held);
    }
}
