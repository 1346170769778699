namespace DmaBuf;

/// <summary>
/// Stands for a type without a codec, in a replay and in the request of another process: it is shown with its own words, and nothing matches it.
/// </summary>
/// <remarks>Identity is the reference, as with every type: make one a name and version, and keep it. Immutable, safe for all threads.</remarks>
/// <param name="name">The name of the type that is not known here.</param>
/// <param name="version">Its version.</param>
public sealed class UndecodedMappingType(string name, int version) : MappingType<string, string, Attachment>(name, version)
{
    internal MappingOffer Offer(string description, ReadOnlySpan<MappingOffer> converted) => CreateOffer(description, converted);

    /// <summary>A request that is known by its words alone.</summary>
    /// <param name="description">The words.</param>
    /// <param name="ceiling">The costs that the importer permits.</param>
    /// <exception cref="DmaBufException">EINVAL: the ceiling has a flag without a name.</exception>
    public MappingRequest Request(string description, MappingCost ceiling) => CreateRequest(description, ceiling);

    /// <inheritdoc/>
    protected internal override MatchVerdict Match(in MatchContext context, string offer, string request)
        => context.Decline("replay", "described in words only", $"a codec for {this}");

    /// <inheritdoc/>
    protected internal override Attachment FinishMatch(in FinishContext context, string offer, string request)
        => throw new DmaBufException(Errno.EOPNOTSUPP, $"Attaching with {this} is not possible: it was read from a description, for matching alone.");

    /// <inheritdoc/>
    protected internal override string DescribeOffer(string offer) => offer;

    /// <inheritdoc/>
    protected internal override string DescribeRequest(string request) => request;
}
