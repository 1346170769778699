using static DmaBuf.Testing.ConformanceBench;
using static DmaBuf.Testing.ConformanceImporters;

namespace DmaBuf.Testing;

/// <summary>Rules of undoing: whatever happens, nothing is left.</summary>
internal static class UndoRules
{
    internal static IReadOnlyList<ConformanceRule> All { get; } =
    [
        new("EverythingIsUndone", "Unmap, detach and release give back what map, attach and export acquired.", Each, static bench =>
        {
            using (DmaBuffer buffer = bench.Export())
            {
                Attachment attachment = bench.Attach(buffer);
                bench.Subject.Map(attachment).Dispose();
                attachment.Detach();
            }

            bench.ExpectNothingLeft();
        }),
        new("TeardownThrowsNothing", "Unmap, OnDetach and OnRelease throw nothing.", Each, static bench =>
        {
            using (DmaBuffer buffer = bench.Export())
            {
                using Attachment attachment = bench.Attach(buffer);
                bench.Subject.Map(attachment).Dispose();
            }

            Expect(bench.Registry.ProblemCount == 0, string.Join("; ", bench.Registry.Problems.Select(static problem => problem.Description)));
        }),
        new("DisposeUndoesWhatIsLeft", "Disposing an attachment with a live mapping unmaps it and detaches.", Each, static bench =>
        {
            using DmaBuffer buffer = bench.Export();
            Attachment attachment = bench.Attach(buffer);
            Mapping mapping = bench.Subject.Map(attachment);
            bench.ExpectProblem(DmaBufferProblemKind.DisposedWithLeftovers);
            attachment.Dispose();
            attachment.Dispose();
            Expect((buffer.MappingCount, buffer.AttachmentCount) == (0, 0), $"{buffer.MappingCount} mappings and {buffer.AttachmentCount} attachments live");
            bench.ExpectAccessRefused<ObjectDisposedException>(mapping);
        }),
        new("FailuresAreUndone", "Whichever step of export, attach or map runs out of memory, the call fails with ENOMEM and leaves nothing.", Each, static bench =>
            FaultSweep.Run(
                () =>
                {
                    using DmaBuffer buffer = bench.Export();
                    using Attachment attachment = bench.Attach(buffer);
                    using Mapping mapping = bench.Subject.Map(attachment);
                },
                bench.ExpectNothingLeft)),
    ];
}
