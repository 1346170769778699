namespace DmaBuf.Sharing;

/// <summary>How a <see cref="BufferClient"/> connects.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record BufferClientOptions
{
    /// <summary>The name of this process for the other side's dumps and reports; at most 255 bytes.</summary>
    public string Name { get; init; } = "peer";

    /// <summary>The mapping types that cross; a request of another type reads as not offered.</summary>
    public IReadOnlyList<SharedMappingType> Types { get; init; } = SharedMappingType.Standard;

    /// <summary>The registry that lists the remote buffers in this process.</summary>
    public DmaBufferRegistry Registry { get; init; } = DmaBufferRegistry.Default;
}
