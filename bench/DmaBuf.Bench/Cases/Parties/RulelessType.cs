namespace DmaBuf.Bench;

/// <summary>A mapping type without a rule: it accepts its own kind.</summary>
internal sealed class RulelessType() : MappingType<BenchOffer, BenchRequest, BenchAttachment>("bench-ruleless", 1)
{
    public MappingOffer Offer() => CreateOffer(new BenchOffer(RequiresPeer: false));

    public MappingRequest<BenchAttachment> Request() => CreateRequest(new BenchRequest(AcceptsPeer: false));

    protected internal override BenchAttachment FinishMatch(in FinishContext context, BenchOffer offer, BenchRequest request) => new(in context);
}
