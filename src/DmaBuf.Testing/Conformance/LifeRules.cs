using static DmaBuf.Testing.ConformanceBench;
using static DmaBuf.Testing.ConformanceImporters;

namespace DmaBuf.Testing;

/// <summary>Rules of mappings and accesses.</summary>
internal static class LifeRules
{
    internal static IReadOnlyList<ConformanceRule> All { get; } =
    [
        new("MapIsFresh", "Map, access and unmap work, several times at once, and each map makes a new mapping of its attachment.", Each, static bench =>
            bench.WithAttachment(attachment =>
            {
                Mapping first = bench.Subject.Map(attachment);
                Mapping second = bench.Subject.Map(attachment);
                int accesses = 0;
                bench.Access(first, () => accesses++);
                first.Dispose();
                bench.Access(second, () => accesses++);
                second.Dispose();
                Expect(!ReferenceEquals(first, second), "the same mapping came twice");
                Expect(accesses == 2, "an access did not run what is inside it");
                Expect(attachment.LiveMappings == 0, "a mapping was left");
            })),
        new("CostWithinBound", "A mapping costs no more than was agreed on.", Each, static bench => bench.WithAttachment(attachment =>
        {
            using Mapping mapping = bench.Subject.Map(attachment);
            Expect((mapping.Cost & ~attachment.CostBound) == 0, $"{mapping.Cost} beyond {attachment.CostBound}");
        })),
        new("NoAccessAfterUnmap", "After unmap no access succeeds, and unmapping again does nothing.", Each, static bench =>
            bench.WithAccess(attachment =>
            {
                Mapping mapping = bench.Subject.Map(attachment);
                mapping.Dispose();
                mapping.Dispose();
                bench.ExpectAccessRefused<ObjectDisposedException>(mapping);
            })),
        new("UnmapWaitsForAccess", "An unmap waits for the access that is inside, and happens when it ends.", Each, static bench =>
            bench.WithAccess(attachment =>
            {
                Mapping mapping = bench.Subject.Map(attachment);
                bench.Access(mapping, () =>
                {
                    mapping.Dispose();
                    Expect(attachment.LiveMappings == 1, "the memory was unmapped under an access");
                });
                Expect(attachment.LiveMappings == 0, "the last access did not finish the unmap");
            })),
        new("AccessesRunSideBySide", "A second thread can access a mapping while a first one does.", Each, static bench =>
            bench.WithAccess(attachment =>
            {
                using Mapping mapping = bench.Subject.Map(attachment);
                Task? other = null;
                bool entered = false;
                bench.Access(mapping, () =>
                {
                    other = Task.Run(() => bench.Access(mapping));
                    entered = Task.WaitAny([other], bench.Subject.Patience) == 0;
                });
                other?.GetAwaiter().GetResult();
                Expect(entered, "the second access waited for the first");
            })),
        new("DetachRefusedWhileMapped", "Detach fails with EBUSY while a mapping lives, and changes nothing.", Each, static bench =>
            bench.WithAttachment(attachment =>
            {
                using Mapping mapping = bench.Subject.Map(attachment);
                ExpectErrno(Errno.EBUSY, attachment.Detach);
                bench.Access(mapping);
            })),
        new("MapWithLockHeld", "The map call for callers that hold the reservation lock works with it held.", Each, static bench =>
            bench.WithAttachment(attachment =>
            {
                Mapping? mapping;
                using (ReservationLock held = attachment.Buffer.Reservation.Lock())
                {
                    mapping = bench.Subject.MapLocked(attachment, in held);
                }

                if (mapping is null)
                {
                    bench.Excuse = "the subject has no map call for callers that hold the lock";
                    return;
                }

                bench.Access(mapping);
                mapping.Dispose();
            })),
        new("WayInClosesWithUnmap", "What was copied out of an enforced mapping leads nowhere after unmap.", Each, static bench =>
            bench.WithAttachment(attachment =>
            {
                using Mapping mapping = bench.Subject.Map(attachment);
                if (WayIn.Of(bench, mapping) is not { } way)
                {
                    return;
                }

                mapping.Dispose();
                Expect(!way(), "it still leads to the memory");
            })),
    ];
}
