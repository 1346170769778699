namespace DmaBuf.Testing;

/// <summary>Rules of attachments and mappings.</summary>
internal static class LifeRules
{
    internal static IReadOnlyList<ConformanceRule> All { get; } =
    [
        new("Map, access and unmap work, and each map makes a new mapping", static bench => WithAttachment(bench, attachment =>
        {
            Mapping first = bench.Subject.Map(attachment);
            Mapping second = bench.Subject.Map(attachment);
            bool inside = false;
            bench.Subject.Access(first, () => inside = true);
            first.Dispose();
            bench.Subject.Access(second, () => inside &= true);
            second.Dispose();
            ConformanceBench.Expect(!ReferenceEquals(first, second), "the same mapping came twice");
            ConformanceBench.Expect(inside, "the access did not run what is inside it");
            ConformanceBench.Expect(attachment.LiveMappings == 0, "a mapping was left");
        })),
        new("A mapping costs no more than was agreed on", static bench => WithAttachment(bench, attachment =>
        {
            using Mapping mapping = bench.Subject.Map(attachment);
            ConformanceBench.Expect((mapping.Cost & ~attachment.CostBound) == 0, $"{mapping.Cost} beyond {attachment.CostBound}");
        })),
        new("After unmap no access succeeds, and unmapping again does nothing", static bench => WithAttachment(bench, attachment =>
        {
            Mapping mapping = bench.Subject.Map(attachment);
            mapping.Dispose();
            mapping.Dispose();
            bench.ExpectAccessRefused<ObjectDisposedException>(mapping);
        })),
        new("An unmap waits for the access that is inside", static bench => WithAttachment(bench, attachment =>
        {
            Mapping mapping = bench.Subject.Map(attachment);
            bench.Subject.Access(mapping, () =>
            {
                mapping.Dispose();
                ConformanceBench.Expect(attachment.LiveMappings == 1, "the memory was unmapped under an access");
            });
            ConformanceBench.Expect(attachment.LiveMappings == 0, "the last access did not finish the unmap");
        })),
        new("Detach is refused while a mapping lives, and changes nothing", static bench => WithAttachment(bench, attachment =>
        {
            using Mapping mapping = bench.Subject.Map(attachment);
            ConformanceBench.ExpectErrno(Errno.EBUSY, attachment.Detach);
            bench.Subject.Access(mapping, static () => { });
        })),
        new("The attachment describes itself in one line", static bench => WithAttachment(bench, attachment =>
        {
            string line = attachment.Buffer.Registry.Dump();
            ConformanceBench.Expect(line.Contains($"\t{attachment.Type.Name}:", StringComparison.Ordinal), "the dump does not show the type");
        })),
        new("Every n-th allocation that fails is undone", static bench => FaultSweep.Run(
            () =>
            {
                using DmaBuffer buffer = bench.Export();
                using Attachment attachment = bench.Attach(buffer);
                using Mapping mapping = bench.Subject.Map(attachment);
            },
            () => ConformanceBench.Expect(bench.Registry.Count == 0, "a failure left a buffer"))),
    ];

    private static void WithAttachment(ConformanceBench bench, Action<Attachment> check)
    {
        using DmaBuffer buffer = bench.Export();
        using Attachment attachment = bench.Attach(buffer);
        check(attachment);
    }
}
