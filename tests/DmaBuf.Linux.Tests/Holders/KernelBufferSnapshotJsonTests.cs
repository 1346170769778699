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

    [Fact]
    public void Start_times_read_back_and_those_of_a_text_without_them_are_unknown()
    {
        string text = KernelBufferSnapshotJson.Write(KernelBufferLeaksTests.Snapshot([1, 2]), indented: false);
        Assert.Equal([new(1, 100), new ProcessIdentity(2, 100)], KernelBufferSnapshotJson.Read(text).Processes);
        string older = text.Replace("\"processStartTimes\":[100,100],", "", StringComparison.Ordinal);
        Assert.NotEqual(text, older);
        Assert.Equal([new(1, 0), new ProcessIdentity(2, 0)], KernelBufferSnapshotJson.Read(older).Processes);
        Refused(Errno.EINVAL, () => KernelBufferSnapshotJson.Read(text.Replace("[100,100]", "[100]", StringComparison.Ordinal)));
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
