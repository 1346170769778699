namespace DmaBuf.Testing;

/// <summary>Rules of revoke: a mapping type cannot escape it.</summary>
internal static class RevokeRules
{
    internal static IReadOnlyList<ConformanceRule> All { get; } =
    [
        new("After a revoke no access and no map succeeds, until it is un-revoked", static bench =>
        {
            using DmaBuffer buffer = bench.Export();
            using Attachment attachment = bench.Attach(buffer);
            Mapping mapping = bench.Subject.Map(attachment);
            Task<RevokeReport> revoke = buffer.RevokeAsync(TimeSpan.FromSeconds(10)).AsTask();
            bench.ExpectAccessRefused<DmaBufException>(mapping);
            ConformanceBench.Expect(!revoke.IsCompleted, "the revoke ended although a mapping lives");
            mapping.Dispose();
            ConformanceBench.Expect(Wait(revoke).Outcome == RevokeOutcome.Drained, "the revoke did not see the unmap");
            ConformanceBench.ExpectErrno(Errno.ENODEV, () => bench.Subject.Map(attachment));
            buffer.UnrevokeAsync().AsTask().Wait();
            bench.Subject.Map(attachment).Dispose();
        }),
        new("At the deadline an enforced mapping is taken away, another is quarantined", static bench =>
        {
            using DmaBuffer buffer = bench.Export();
            using Attachment attachment = bench.Attach(buffer);
            Mapping mapping = bench.Subject.Map(attachment);
            RevokeOutcome expected = attachment.Revocability == Revocability.Enforced ? RevokeOutcome.Forced : RevokeOutcome.Quarantined;
            RevokeReport report = Wait(buffer.RevokeAsync(TimeSpan.Zero).AsTask());
            ConformanceBench.Expect(report.Outcome == expected, $"{expected} was expected: {report}");
            bench.ExpectAccessRefused<DmaBufException>(mapping);
            mapping.Dispose();
            attachment.Detach();
        }),
        new("A revoke waits for the access that is inside, and cuts it off at the deadline or reports it", static bench =>
        {
            using DmaBuffer buffer = bench.Export();
            using Attachment attachment = bench.Attach(buffer);
            Mapping mapping = bench.Subject.Map(attachment);
            bench.Subject.Access(mapping, () =>
            {
                RevokeReport report = Wait(buffer.RevokeAsync(TimeSpan.Zero).AsTask());
                RevokedAttachment mine = report.Attachments.Single();
                ConformanceBench.Expect(mine.Accesses == 1, $"the report shows {mine.Accesses} accesses");
                ConformanceBench.Expect(mine.Outcome != RevokeOutcome.Drained, "the revoke did not see the access");
            });
            mapping.Dispose();
            attachment.Detach();
        }),
    ];

    private static RevokeReport Wait(Task<RevokeReport> revoke)
    {
        ConformanceBench.Expect(Task.WaitAny([revoke], TimeSpan.FromSeconds(20)) == 0, "the revoke did not end by its deadline");
        return revoke.GetAwaiter().GetResult();
    }
}
