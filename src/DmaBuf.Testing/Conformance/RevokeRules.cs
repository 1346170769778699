using static DmaBuf.Testing.ConformanceBench;
using static DmaBuf.Testing.ConformanceImporters;

namespace DmaBuf.Testing;

/// <summary>Rules of revoke where nobody is inside an access: a mapping type cannot escape it.</summary>
internal static class RevokeRules
{
    internal static IReadOnlyList<ConformanceRule> All { get; } =
    [
        new("RevokeStopsAccessAndMap", "From the start of a revoke no access and no map succeeds; it waits for the mapping.", Each, static bench =>
            bench.WithAttachment(attachment =>
            {
                Mapping mapping = bench.Subject.Map(attachment);
                Task<RevokeReport> revoke = attachment.Buffer.RevokeAsync(bench.Subject.Patience).AsTask();
                bench.ExpectAccessRefused<DmaBufException>(mapping);
                ExpectErrno(Errno.ENODEV, () => bench.Subject.Map(attachment));
                Expect(!revoke.IsCompleted, "the revoke ended although a mapping lives");
                mapping.Dispose();
                Expect(bench.Finish(revoke).Outcome == RevokeOutcome.Drained, "the revoke did not see the unmap");
            })),
        new("RevokeDrains", "A revoke whose importer unmaps when it is told ends as Drained.", Dynamic, static bench =>
            bench.WithAttachment(attachment =>
            {
                Mapping mapping = bench.Subject.Map(attachment);
                bench.Access(mapping);
                bench.Answer = (Attachment _, InvalidateReason _, in ReservationLock _) => mapping.Dispose();
                RevokeReport report = bench.Revoke(attachment.Buffer, bench.Subject.Patience);
                Expect(bench.Told.SequenceEqual([InvalidateReason.Revoke]), $"the importer was told {string.Join(", ", bench.Told)}");
                Expect(report.Outcome == RevokeOutcome.Drained, report.ToString());
                bench.ExpectAccessRefused<ObjectDisposedException>(mapping);
            })),
        new("RevokeEndsByRevocability", "At the deadline a mapping that nobody uses is Forced if it is enforced, else Quarantined.", Each, static bench =>
            bench.WithAttachment(attachment =>
            {
                RevokeOutcome expected = TakeAwayRules.ExpectedOutcome(bench, attachment);
                Mapping mapping = bench.Subject.Map(attachment);
                RevokeReport report = bench.Revoke(attachment.Buffer, TimeSpan.Zero);
                Expect(report.Outcome == expected, $"{expected} was expected: {report}");
                bench.ExpectAccessRefused<DmaBufException>(mapping);
                mapping.Dispose();
                attachment.Detach();
            })),
        new("StaticImporterRefused", "An importer that cannot be told gets no memory that must come back, and no peer's: the pair is declined, or attaching is EOPNOTSUPP.", Static, static bench =>
        {
            if (bench.Subject.TakesStaticImporters)
            {
                bench.Excuse = "the subject takes static importers";
                return;
            }

            using DmaBuffer buffer = bench.Export();
            bool isDeclined = !buffer.Explain(bench.Importer, bench.Subject.AcceptedRequest()).Succeeded;
            ExpectErrno(isDeclined ? Errno.EINVAL : Errno.EOPNOTSUPP, () => bench.Attach(buffer).Dispose());
            Expect(buffer.AttachmentCount == 0, "an attachment was left");
        }),
    ];
}
