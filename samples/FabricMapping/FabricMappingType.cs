using DmaBuf;

namespace FabricMapping;

/// <summary>The mapping type: two devices on the same private link.</summary>
public sealed class FabricMappingType : MappingType<FabricOffer, FabricRequest, FabricAttachment>
{
    private FabricMappingType()
        : base("Fabric", 1)
    {
    }

    /// <summary>The only instance.</summary>
    public static FabricMappingType Instance { get; } = new();

    /// <summary>Offers memory on a link. List it before a table with peer-to-peer: the link is the faster way.</summary>
    public static MappingOffer Offer(FabricNode node, IFabricOperations operations) => Instance.CreateOffer(new FabricOffer(node, operations));

    /// <summary>Requests memory on a link.</summary>
    public static MappingRequest<FabricAttachment> Request(FabricNode node, MappingCost ceiling = MappingCost.Default)
        => Instance.CreateRequest(new FabricRequest(node), ceiling);

    /// <inheritdoc/>
    protected override MatchVerdict Match(in MatchContext context, FabricOffer offer, FabricRequest request)
        => offer.Node.Link == request.Node.Link
            ? context.Accept(MappingCost.None)
            : context.Decline("link", offer.Node.Link, request.Node.Link);

    /// <inheritdoc/>
    protected override FabricAttachment FinishMatch(in FinishContext context, FabricOffer offer, FabricRequest request)
        => new(in context, offer, request.Node);

    /// <inheritdoc/>
    protected override string DescribeOffer(FabricOffer offer) => offer.Node.ToString();

    /// <inheritdoc/>
    protected override string DescribeRequest(FabricRequest request) => request.Node.ToString();

    /// <summary>For the codec: an offer is opaque to everybody but its type.</summary>
    internal FabricNode NodeOf(MappingOffer offer)
        => TryGetOffer(offer, out FabricOffer data) ? data.Node : throw new ArgumentException($"'{offer}' is no offer of '{this}'.", nameof(offer));

    /// <summary>The same for a request.</summary>
    internal FabricNode NodeOf(MappingRequest request)
        => TryGetRequest(request, out FabricRequest data) ? data.Node : throw new ArgumentException($"'{request}' is no request of '{this}'.", nameof(request));
}
