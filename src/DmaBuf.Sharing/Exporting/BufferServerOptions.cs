namespace DmaBuf.Sharing;

/// <summary>How a <see cref="BufferServer"/> serves.</summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record BufferServerOptions
{
    /// <summary>Who may attach to what.</summary>
    public SharingPolicy Policy { get; init; } = SharingPolicy.SameUser;

    /// <summary>The mapping types that cross; a request of another type is not offered.</summary>
    public IReadOnlyList<SharedMappingType> Types { get; init; } = SharedMappingType.Standard;

    /// <summary>Connections at a time; one more is closed at once.</summary>
    public int MaximumConnections { get; init; } = 64;

    /// <summary>Attachments of one connection at a time; one more is refused with E2BIG.</summary>
    public int MaximumAttachments { get; init; } = 64;

    /// <summary>How long a connection may take to say hello.</summary>
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
