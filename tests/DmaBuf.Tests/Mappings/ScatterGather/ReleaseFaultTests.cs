using DmaBuf.Tests.Fakes;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Mappings.ScatterGather;

/// <summary>A device that throws while it takes a table back breaks a promise, and the buffer's registry hears of it, however the mapping ends.</summary>
public sealed class ReleaseFaultTests : BufferFixture
{
    private readonly FakeDmaDevice _device = new() { ThrowsOnUnmap = true };

    [Fact]
    public void An_unmap_at_which_the_device_throws_is_reported_once()
    {
        using DmaBuffer buffer = Export(new TableExporter(Page), Page);
        using ScatterGatherAttachment attachment = buffer.AttachScatterGather(_device);
        ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.ToDevice);
        mapping.Dispose();
        mapping.Dispose();
        AssertReported("taking a table back from 'fake0'");
        Assert.Equal(0, attachment.LiveMappings);
    }

    [Fact]
    public void A_table_that_was_refused_and_whose_device_throws_is_reported()
    {
        using DmaBuffer buffer = Export(new TableExporter(2 * Page), Page);
        using ScatterGatherAttachment attachment = buffer.AttachScatterGather(_device);
        Refusal.Expect(Errno.EINVAL, () => attachment.MapScatterGather(DmaDirection.ToDevice));
        AssertReported("taking a table back from 'fake0'");
    }

    [Fact]
    public void A_revoke_under_a_reader_whose_device_throws_is_quarantined_because_the_device_may_reach_the_memory_still()
    {
        using DmaBuffer buffer = Export(new TableExporter(Page), Page);
        ScatterGatherAttachment attachment = buffer.AttachScatterGather(_device);
        ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.ToDevice);
        using (mapping.ReadTable())
        {
            Assert.Equal(RevokeOutcome.Quarantined, Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero)).Outcome);
        }

        mapping.Dispose();
        attachment.Detach();
        ExpectedProblems = 2;
        Assert.Equal([DmaBufferProblemKind.BrokenPromise, DmaBufferProblemKind.Quarantined], Registry.Problems.Select(static problem => problem.Kind));
    }

    private void AssertReported(string during)
    {
        ExpectedProblems = 1;
        DmaBufferProblem problem = Assert.Single(Registry.Problems);
        Assert.Equal(DmaBufferProblemKind.BrokenPromise, problem.Kind);
        Assert.Contains(during, problem.Description, StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException", problem.Description, StringComparison.Ordinal);
    }

    /// <summary>Maps one range of a length that the test chose, through the device.</summary>
    private sealed class TableExporter(ulong length) : SimpleScatterGatherExporter("tables")
    {
        public override ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
            => Build(attachment.Device, null, Range(0x1_0000, length));

        public override void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
            => backing.Release();

        protected internal override void OnRelease(DmaBuffer buffer)
        {
        }
    }
}
