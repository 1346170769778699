namespace DmaBuf.Linux;

/// <summary>What the links in <c>/proc/PID/fd</c> and the paths in <c>/proc/PID/maps</c> read for buffers: <c>/dmabuf:NAME</c> and <c>/memfd:NAME (deleted)</c>. A name may hold anything.</summary>
internal static class BufferLink
{
    internal static ReadOnlySpan<byte> DmaBuffer => "/dmabuf:"u8;

    internal static ReadOnlySpan<byte> MemoryFile => "/memfd:"u8;

    private static ReadOnlySpan<byte> Deleted => " (deleted)"u8;

    /// <summary>Null for everything else.</summary>
    internal static OpenFileKind? KindOf(ReadOnlySpan<byte> link) => link.StartsWith(DmaBuffer) ? OpenFileKind.DmaBuffer
        : link.StartsWith(MemoryFile) ? OpenFileKind.MemoryFile
        : null;

    /// <summary>The name in a link that has a kind. A dma-buf was never in a directory, so nothing is said of its deletion, and a name may end with those words.</summary>
    internal static string NameOf(ReadOnlySpan<byte> link)
    {
        if (link.StartsWith(DmaBuffer))
        {
            return DescriptorText.Cut(link[DmaBuffer.Length..]);
        }

        ReadOnlySpan<byte> name = link[MemoryFile.Length..];
        return DescriptorText.Cut(name.EndsWith(Deleted) ? name[..^Deleted.Length] : name);
    }
}
