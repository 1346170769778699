namespace DmaBuf;

/// <summary>Stands in a replay for a type without a codec: it is shown with its own words, and every pair of it is declined for that reason.</summary>
internal sealed class UndecodedMappingType(string name, int version) : MappingType<string, string, Attachment>(name, version)
{
    internal MappingOffer Offer(string description, ReadOnlySpan<MappingOffer> converted) => CreateOffer(description, converted);

    internal MappingRequest Request(string description, MappingCost ceiling) => CreateRequest(description, ceiling);

    protected internal override MatchVerdict Match(in MatchContext context, string offer, string request)
        => context.Decline("replay", "described in words only", $"a codec for {this}");

    protected internal override Attachment FinishMatch(in FinishContext context, string offer, string request)
        => throw new DmaBufException(Errno.EOPNOTSUPP, $"Attaching with {this} is not possible: it was read from a description, for matching alone.");

    protected internal override string DescribeOffer(string offer) => offer;

    protected internal override string DescribeRequest(string request) => request;
}
