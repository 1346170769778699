namespace DmaBuf.Machine;

/// <summary>What a graphics buffer is.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record GraphicsBufferOptions
{
    /// <summary>The options of a buffer that begins in device memory and may move.</summary>
    public static GraphicsBufferOptions Default { get; } = new();

    /// <summary>Where it begins.</summary>
    public GraphicsPlacement Placement { get; init; } = GraphicsPlacement.DeviceMemory;

    /// <summary>Whether it may be in system memory at all. A scan-out buffer, for instance, may not.</summary>
    public bool MayMigrate { get; init; } = true;

    /// <summary>
    /// Whether the GPU keeps it compressed (DCC). From generation <see cref="GraphicsProcessor.CompressionForbidsPeers"/> on peers would read compressed bytes, so it is not
    /// offered to them.
    /// </summary>
    public bool IsCompressed { get; init; }
}
