using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.Cpu;

namespace DmaBuf.Tests.Buffers;

/// <summary>CPU access brackets of a buffer (spec 2.13): the exporter first, then the fences that matter.</summary>
public sealed class CpuAccessTests : BufferFixture
{
    [Theory]
    [InlineData(DmaDirection.FromDevice, FenceUsage.Kernel, true)]
    [InlineData(DmaDirection.FromDevice, FenceUsage.Write, true)]
    [InlineData(DmaDirection.FromDevice, FenceUsage.Read, false)]
    [InlineData(DmaDirection.FromDevice, FenceUsage.Bookkeep, false)]
    [InlineData(DmaDirection.ToDevice, FenceUsage.Write, true)]
    [InlineData(DmaDirection.ToDevice, FenceUsage.Read, true)]
    [InlineData(DmaDirection.ToDevice, FenceUsage.Bookkeep, false)]
    [InlineData(DmaDirection.Bidirectional, FenceUsage.Kernel, true)]
    [InlineData(DmaDirection.Bidirectional, FenceUsage.Read, true)]
    [InlineData(DmaDirection.Bidirectional, FenceUsage.Bookkeep, false)]
    public void A_writer_waits_for_readers_and_writers_and_a_reader_for_writers(DmaDirection direction, FenceUsage usage, bool waits)
    {
        MaintainingExporter exporter = new(null);
        using DmaBuffer buffer = Export(exporter);
        using FenceSource fence = MapTests.AddFence(buffer, usage);
        using CancellationTokenSource over = new();
        over.Cancel();
        if (!waits)
        {
            buffer.BeginCpuAccess(direction, over.Token);
            buffer.EndCpuAccess(direction);
        }
        else
        {
            Assert.ThrowsAny<OperationCanceledException>(() => buffer.BeginCpuAccess(direction, over.Token));
        }

        // A wait that was given up undoes the exporter's work.
        Assert.Equal([$"begin {direction}", $"end {direction}"], exporter.Trace);
    }

    [Fact]
    public void An_exporter_that_fails_to_begin_is_not_asked_to_end()
    {
        MaintainingExporter exporter = new(null) { FailBegin = new DmaBufException(Errno.EIO, "no flush") };
        using DmaBuffer buffer = Export(exporter);
        Refusal.Expect(Errno.EIO, () => buffer.BeginCpuAccess(DmaDirection.ToDevice));
        Assert.Empty(exporter.Trace);
    }
}
