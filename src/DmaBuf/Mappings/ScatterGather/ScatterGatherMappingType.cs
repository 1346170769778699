namespace DmaBuf;

/// <summary>
/// The mapping type <b>ScatterGatherTable</b> (<c>dma_buf_mapping_sgt_type</c>, "DMA Mapped Scatter Gather Table"): a table of DMA addresses that are good for
/// one importing device.
/// </summary>
/// <remarks>
/// Peer-to-peer (spec 4.4): an offer that requires a path matches only an importer that accepts peers and has one; the path is looked up only then. A static
/// importer never accepts peers, whatever its request says: its pair is declined as if it had not accepted. Immutable, safe for all threads.
/// </remarks>
public sealed class ScatterGatherMappingType : MappingType<ScatterGatherOffer, ScatterGatherRequest, ScatterGatherAttachment>
{
    private ScatterGatherMappingType()
        : base("ScatterGatherTable", 1)
    {
    }

    /// <summary>The only instance.</summary>
    public static ScatterGatherMappingType Instance { get; } = new();

    /// <summary>Offers a table of system memory, or of memory whose peers the exporter handles on its own (plain SGT).</summary>
    /// <param name="operations">Maps and unmaps; kept by every attachment.</param>
    /// <param name="cost">An upper bound of what mapping costs, beside what the importing device's mapping costs.</param>
    /// <exception cref="DmaBufException">EINVAL: the cost has a flag without a name.</exception>
    public static MappingOffer Offer(IScatterGatherOperations operations, MappingCost cost = MappingCost.None)
    {
        ArgumentNullException.ThrowIfNull(operations);
        MappingCostRule.Require(cost, $"Offering {Instance.Name}");
        return Instance.CreateOffer(new ScatterGatherOffer(operations, PeerToPeerRequirement.None, null, cost));
    }

    /// <summary>Offers a table, and says what it asks of the path between the devices.</summary>
    /// <param name="operations">Maps and unmaps; kept by every attachment.</param>
    /// <param name="requirement">RequiresDistance: the memory is the device's own.</param>
    /// <param name="device">The exporting PCI function; without one a required path can never be found, and every pair is declined.</param>
    /// <param name="cost">An upper bound of what mapping costs, beside what the importing device's mapping costs.</param>
    /// <exception cref="DmaBufException">EINVAL: no such requirement, or the cost has a flag without a name.</exception>
    public static MappingOffer OfferPeerToPeer(
        IScatterGatherOperations operations, PeerToPeerRequirement requirement, IPciDevice? device, MappingCost cost = MappingCost.None)
    {
        ArgumentNullException.ThrowIfNull(operations);
        MappingCostRule.Require(cost, $"Offering {Instance.Name}");
        return Enum.IsDefined(requirement)
            ? Instance.CreateOffer(new ScatterGatherOffer(operations, requirement, device, cost))
            : throw Unknown(nameof(PeerToPeerRequirement), (int)requirement);
    }

    /// <summary>Requests a table for a device.</summary>
    /// <param name="device">The importing device.</param>
    /// <param name="acceptance">Whether it takes addresses of a peer's memory; a dynamic importer's choice, of no effect for a static one.</param>
    /// <param name="ceiling">The costs that the importer permits.</param>
    /// <exception cref="DmaBufException">EINVAL: no device, no such acceptance, or the ceiling has a flag without a name.</exception>
    public static MappingRequest<ScatterGatherAttachment> Request(
        IDmaDevice? device, PeerToPeerAcceptance acceptance = PeerToPeerAcceptance.NotAccepted, MappingCost ceiling = MappingCost.Default)
    {
        if (device is null)
        {
            throw new DmaBufException(Errno.EINVAL, $"Requesting {Instance.Name} was refused: there is no device to map for. Pass the importing device.");
        }

        return Enum.IsDefined(acceptance)
            ? Instance.CreateRequest(new ScatterGatherRequest(device, acceptance), ceiling)
            : throw Unknown(nameof(PeerToPeerAcceptance), (int)acceptance);
    }

    /// <inheritdoc/>
    protected internal override MatchVerdict Match(in MatchContext context, ScatterGatherOffer offer, ScatterGatherRequest request)
    {
        MappingCost cost = offer.Cost | request.Device.RangeMappingCost;
        if (offer.Requirement == PeerToPeerRequirement.None)
        {
            return context.Accept(cost);
        }

        // A peer's memory is never bounced: the device reaches it, or the map fails.
        cost = offer.Cost | (request.Device.RangeMappingCost & ~MappingCost.Bounce);

        if (offer.Device is null)
        {
            return context.Decline("peer-to-peer", PeerToPeerClaim.RequiredWithoutDevice, PeerToPeerClaim.Accepted);
        }

        if (request.Acceptance == PeerToPeerAcceptance.NotAccepted)
        {
            return context.Decline("peer-to-peer", PeerToPeerClaim.Required, PeerToPeerClaim.NotAccepted);
        }

        if (!context.ImporterIsDynamic)
        {
            return context.Decline("peer-to-peer", PeerToPeerClaim.Required, PeerToPeerClaim.AcceptedByStaticImporter);
        }

        PeerToPeerRoute route = offer.Device.RouteFrom(request.Device.PciDevice);
        return route.Distance < 0
            ? context.Decline("peer-to-peer route", $"{offer.Device.Address}: {route.Reason}", $"a path from {request.Device.Name}")
            : context.Accept(cost);
    }

    /// <inheritdoc/>
    protected internal override ScatterGatherAttachment FinishMatch(in FinishContext context, ScatterGatherOffer offer, ScatterGatherRequest request)
        => new(in context, offer, request);

    /// <inheritdoc/>
    protected internal override string DescribeOffer(ScatterGatherOffer offer) => offer.Requirement == PeerToPeerRequirement.None
        ? "memory for any device"
        : $"peer-to-peer, memory of {offer.Device?.Address ?? "no device"}";

    /// <inheritdoc/>
    protected internal override string DescribeRequest(ScatterGatherRequest request)
        => $"device {request.Device.Name}, peer-to-peer {(request.Acceptance == PeerToPeerAcceptance.Accepted ? "accepted" : "not accepted")}";

    /// <inheritdoc/>
    protected internal override IEnumerable<Relaxation<ScatterGatherRequest>> Relax(ScatterGatherRequest request, MatchDecline decline)
    {
        if (decline.Property == "peer-to-peer")
        {
            string change = request.Acceptance == PeerToPeerAcceptance.Accepted ? "attach as a DynamicImporter" : "accept peer-to-peer (attach as a DynamicImporter)";
            yield return new(change, request with { Acceptance = PeerToPeerAcceptance.Accepted }) { AsDynamicImporter = true };
        }
    }

    private static DmaBufException Unknown(string enumeration, int value)
        => new(Errno.EINVAL, $"'{value}' is no {enumeration}; use one of its named values.");
}
