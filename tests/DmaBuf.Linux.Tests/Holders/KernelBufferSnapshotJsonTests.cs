namespace DmaBuf.Linux.Tests;

/// <summary>What was written reads back the same, and what a stranger wrote is a snapshot or EINVAL.</summary>
public sealed class KernelBufferSnapshotJsonTests : LeakCheckedTest
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_snapshot_reads_back_the_same(bool indented)
    {
        string text = KernelBufferSnapshotJson.Write(KernelBufferLeaksTests.Snapshot([1, 2], KernelBufferLeaksTests.Buffer(ulong.MaxValue, 1, 2), KernelBufferLeaksTests.Buffer(2) with { Size = null, Name = "a\"\u0001" }), indented);
        Assert.Equal(!indented, !text.Contains('\n', StringComparison.Ordinal));
        KernelBufferSnapshot read = KernelBufferSnapshotJson.Read(text);
        Assert.Equal(text, KernelBufferSnapshotJson.Write(read, indented));
        Assert.Equal([ulong.MaxValue, 2UL], read.Buffers.Select(static buffer => buffer.Inode));
        Assert.Equal(new UnreadableProcess(7, Errno.EACCES), Assert.Single(read.UnreadableProcesses));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"format\":\"dmabuf-holders/2\"}")]
    [InlineData("{\"format\":\"dmabuf-holders/1\",\"takenAt\":\"yesterday\",\"buffers\":[],\"processes\":[],\"hidden\":{\"processes\":[],\"sources\":[]}}")]
    [InlineData("{\"format\":\"dmabuf-holders/1\",\"takenAt\":\"2026-01-01T00:00:00Z\",\"buffers\":[{}],\"processes\":[],\"hidden\":{\"processes\":[],\"sources\":[]}}")]
    public void Other_text_is_EINVAL_with_a_remedy(string text) =>
        Assert.Contains("dmabuf list --json", Refused(Errno.EINVAL, () => KernelBufferSnapshotJson.Read(text)).Message, StringComparison.Ordinal);
}
