namespace DmaBuf.Linux;

/// <summary>By what the texts about one buffer are joined. All dma-bufs live on one device, which not every text names; memory files live on one for each page size.</summary>
internal readonly record struct BufferKey(OpenFileKind Kind, DescriptorIdentity Identity)
{
    internal static BufferKey Of(OpenFileKind kind, DescriptorIdentity identity) =>
        new(kind, kind == OpenFileKind.DmaBuffer ? new(0, 0, identity.Inode) : identity);
}
