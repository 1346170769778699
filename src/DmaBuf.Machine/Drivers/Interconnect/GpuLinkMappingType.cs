namespace DmaBuf.Machine;

/// <summary>
/// Shows how a private interconnect becomes a mapping type: link addresses for another GPU on the same <see cref="GpuLink"/>. Mirrors what amdgpu does for XGMI in patch 11,
/// where the match record of a peer-to-peer table is overwritten by hand and 1 is returned (D-1), after asking an attachment for an importer that it does not have yet (D-1b).
/// Here the link travels in the request.
/// </summary>
/// <remarks>List it before a peer-to-peer table: the link is the faster way, and whoever does not ask for it never gets it. Immutable, safe for all threads.</remarks>
public sealed class GpuLinkMappingType : MappingType<GpuLinkOffer, GpuLinkRequest, GpuLinkAttachment>
{
    private GpuLinkMappingType()
        : base("GpuLink", 1)
    {
    }

    /// <summary>The only instance.</summary>
    public static GpuLinkMappingType Instance { get; } = new();

    /// <summary>Offers memory over the link.</summary>
    /// <param name="port">The exporting GPU's place.</param>
    /// <param name="operations">Open and close windows; kept by every attachment.</param>
    /// <param name="cost">An upper bound of what mapping costs.</param>
    public static MappingOffer Offer(GpuLinkPort port, IGpuLinkOperations operations, MappingCost cost = MappingCost.None)
    {
        ArgumentNullException.ThrowIfNull(port);
        ArgumentNullException.ThrowIfNull(operations);
        return Instance.CreateOffer(new GpuLinkOffer(port, operations, cost));
    }

    /// <summary>Requests memory over the link.</summary>
    /// <param name="port">The importing GPU's place.</param>
    /// <param name="ceiling">The costs that the importer permits.</param>
    public static MappingRequest<GpuLinkAttachment> Request(GpuLinkPort port, MappingCost ceiling = MappingCost.Default)
    {
        ArgumentNullException.ThrowIfNull(port);
        return Instance.CreateRequest(new GpuLinkRequest(port), ceiling);
    }

    /// <inheritdoc/>
    protected override MatchVerdict Match(in MatchContext context, GpuLinkOffer offer, GpuLinkRequest request)
    {
        ArgumentNullException.ThrowIfNull(offer);
        ArgumentNullException.ThrowIfNull(request);
        return ReferenceEquals(offer.Port.Link, request.Port.Link)
            ? context.Accept(offer.Cost)
            : context.Decline("link", offer.Port.Link.Name, request.Port.Link.Name);
    }

    /// <inheritdoc/>
    protected override GpuLinkAttachment FinishMatch(in FinishContext context, GpuLinkOffer offer, GpuLinkRequest request)
    {
        ArgumentNullException.ThrowIfNull(offer);
        ArgumentNullException.ThrowIfNull(request);
        return new GpuLinkAttachment(in context, offer.Operations, request.Port);
    }

    /// <inheritdoc/>
    protected override string DescribeOffer(GpuLinkOffer offer) => offer?.Port.ToString() ?? string.Empty;

    /// <inheritdoc/>
    protected override string DescribeRequest(GpuLinkRequest request) => request?.Port.ToString() ?? string.Empty;
}
