namespace DmaBuf;

/// <summary>
/// One kind of mapping that exporter and importer can agree on (<c>struct dma_buf_mapping_type</c>): a process-wide singleton whose identity is the
/// reference. Two types with equal names are different types.
/// </summary>
/// <remarks>
/// Derive from <see cref="MappingType{TOffer, TRequest, TAttachment}"/>; nothing has to be registered. Immutable, safe for all threads.
/// </remarks>
public abstract class MappingType
{
    private static int s_lastId = -1;

    private protected MappingType(string name, int version)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(version);
        Name = name;
        Version = version;
        Id = Interlocked.Increment(ref s_lastId);
    }

    /// <summary>The name for people and for codecs; never an identity inside a process.</summary>
    public string Name { get; }

    /// <summary>The version of the type's data; together with the name it identifies a type between processes.</summary>
    public int Version { get; }

    /// <summary>A number that no other type of this process has: comparing ids is comparing references, and ids can be packed.</summary>
    internal int Id { get; }

    /// <summary>The name and version as <c>name/version</c>.</summary>
    public sealed override string ToString() => $"{Name}/{Version}";

    internal abstract string DescribeOfferPair(MappingOffer offer);

    internal abstract string DescribeRequestPair(MappingRequest request);

    internal abstract IEnumerable<RelaxedRequest> RelaxPair(MappingRequest request, MatchDecline decline);
}
