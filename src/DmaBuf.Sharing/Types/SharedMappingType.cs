namespace DmaBuf.Sharing;

/// <summary>
/// How one mapping type crosses between processes: its requests by their codec, its agreement by a grant. A stranger's type brings its own; both processes pass it in their options,
/// and nothing is registered.
/// </summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public abstract class SharedMappingType
{
    /// <summary>Makes it for the codec's type.</summary>
    /// <param name="codec">Writes and reads requests: the same that records and replays use.</param>
    protected SharedMappingType(MappingTypeCodec codec)
    {
        ArgumentNullException.ThrowIfNull(codec);
        Codec = codec;
    }

    /// <summary>Writes and reads requests.</summary>
    public MappingTypeCodec Codec { get; }

    /// <summary>Cpu and Descriptor: the types that cross as memory.</summary>
    public static IReadOnlyList<SharedMappingType> Standard { get; } = [new SharedCpu(), new SharedDescriptor()];

    /// <summary>In the exporter's process, after the core has attached: what the peer needs to use it. Without any lock.</summary>
    /// <param name="attachment">Of this type; it lives until the peer detaches or ends.</param>
    /// <exception cref="DmaBufException">It cannot cross: the attachment ends, and the errno reaches the peer.</exception>
    protected internal abstract SharedGrant Grant(Attachment attachment);

    /// <summary>In the peer's process: the offer of the remote buffer, with which the importer's own request is matched again. What comes in <paramref name="facts"/> is another process's word: check it.</summary>
    /// <param name="facts">What <see cref="Grant"/> sent.</param>
    /// <param name="memory">The memory; null if the grant needed none.</param>
    /// <exception cref="DmaBufException">EPROTO: the facts are not what this type sends.</exception>
    protected internal abstract MappingOffer Accept(ReadOnlyMemory<byte> facts, SharedMemoryView? memory);
}
