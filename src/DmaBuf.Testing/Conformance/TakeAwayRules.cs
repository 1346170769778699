using static DmaBuf.Testing.ConformanceBench;
using static DmaBuf.Testing.ConformanceImporters;

namespace DmaBuf.Testing;

/// <summary>Rules of a revoke whose deadline comes while somebody is inside an access.</summary>
internal static class TakeAwayRules
{
    internal static IReadOnlyList<ConformanceRule> All { get; } =
    [
        new("TakenFromUnderAccess", "At the deadline an enforced mapping is taken away under the access that is inside, and the report counts it.", Each, static bench =>
            bench.WithAccess(attachment =>
            {
                RevokeOutcome expected = ExpectedOutcome(bench, attachment);
                using Mapping mapping = bench.Subject.Map(attachment);
                RevokedAttachment found = RevokeUnderAccess(bench, mapping).Attachments.Single();
                Expect(found.Accesses == 1, $"the report shows {found.Accesses} accesses");
                Expect(found.Outcome == expected, $"{expected} was expected of a mapping that says {attachment.Revocability}: {found}");
            })),
        new("WayInClosesWithRevoke", "What was copied out of an enforced mapping leads nowhere after a revoke, also while an access is inside.", Each, static bench =>
            bench.WithAttachment(attachment =>
            {
                using Mapping mapping = bench.Subject.Map(attachment);
                if (WayIn.Of(bench, mapping) is not { } way)
                {
                    return;
                }

                bench.Access(mapping, () =>
                {
                    bench.Revoke(attachment.Buffer, TimeSpan.Zero);
                    Expect(!way(), "it still leads to the memory");
                });
            })),
        new("TakenMappingIsGivenBackOnce", "What was taken away under an access is given back exactly once.", Each, static bench =>
        {
            bench.WithAttachment(attachment =>
            {
                _ = ExpectedOutcome(bench, attachment);
                Mapping mapping = bench.Subject.Map(attachment);
                RevokeUnderAccess(bench, mapping);
                mapping.Dispose();
                mapping.Dispose();
                attachment.Detach();
            });
            bench.ExpectNothingLeft();
        }),
        new("UnrevokeGivesBack", "Un-revoke is refused with EBUSY in quarantine; once the old mapping is gone it works, and so do map and access.", Each, static bench =>
            bench.WithAttachment(attachment =>
            {
                bool quarantined = ExpectedOutcome(bench, attachment) == RevokeOutcome.Quarantined;
                Mapping mapping = bench.Subject.Map(attachment);
                RevokeUnderAccess(bench, mapping);
                if (quarantined)
                {
                    ExpectErrno(Errno.EBUSY, () => Unrevoke(attachment.Buffer));
                }

                mapping.Dispose();
                Unrevoke(attachment.Buffer);
                using Mapping again = bench.Subject.Map(attachment);
                bench.Access(again);
            })),
    ];

    /// <summary>What the attachment's word promises at a deadline; where that is a quarantine, the registry may report it.</summary>
    internal static RevokeOutcome ExpectedOutcome(ConformanceBench bench, Attachment attachment)
    {
        if (attachment.Revocability == Revocability.Enforced)
        {
            return RevokeOutcome.Forced;
        }

        bench.ExpectProblem(DmaBufferProblemKind.Quarantined);
        return RevokeOutcome.Quarantined;
    }

    private static RevokeReport RevokeUnderAccess(ConformanceBench bench, Mapping mapping)
    {
        RevokeReport? report = null;
        bench.Access(mapping, () => report = bench.Revoke(mapping.Attachment.Buffer, TimeSpan.Zero));
        return report ?? throw new BrokenRuleException("the access did not run what is inside it");
    }

    private static void Unrevoke(DmaBuffer buffer) => buffer.UnrevokeAsync().AsTask().GetAwaiter().GetResult();
}
