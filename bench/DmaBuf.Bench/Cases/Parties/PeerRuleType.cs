namespace DmaBuf.Bench;

/// <summary>A mapping type with the twin's rule: an offer that requires peer traffic needs a request that accepts it.</summary>
internal sealed class PeerRuleType() : MappingType<BenchOffer, BenchRequest, BenchAttachment>("bench-peer-rule", 1)
{
    public MappingOffer Offer(bool requiresPeer) => CreateOffer(new BenchOffer(requiresPeer));

    public MappingRequest<BenchAttachment> Request(bool acceptsPeer) => CreateRequest(new BenchRequest(acceptsPeer));

    protected internal override MatchVerdict Match(in MatchContext context, BenchOffer offer, BenchRequest request) =>
        offer.RequiresPeer && !request.AcceptsPeer
            ? context.Decline("peer-to-peer", offer.RequiresPeer, request.AcceptsPeer)
            : context.Accept(MappingCost.None);

    protected internal override BenchAttachment FinishMatch(in FinishContext context, BenchOffer offer, BenchRequest request) => new(in context);
}
