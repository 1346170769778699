namespace DmaBuf.Tests.Negotiation;

/// <summary>A type that records nothing, so that what is allocated is what the framework allocates. Declines odd requests.</summary>
internal sealed class QuietType() : MappingType<int[], int[], QuietAttachment>("quiet", 1)
{
    internal MappingOffer Offer() => CreateOffer([0]);

    internal MappingRequest<QuietAttachment> Request(int number) => CreateRequest([number]);

    protected internal override MatchVerdict Match(in MatchContext context, int[] offer, int[] request)
        => request[0] % 2 == 1 ? context.Decline("parity", offer[0], request[0]) : context.Accept(MappingCost.None);

    protected internal override QuietAttachment FinishMatch(in FinishContext context, int[] offer, int[] request) => new(in context);
}
