namespace DmaBuf.Machine;

/// <summary>
/// Shows a private interconnect of one device with itself: a physical function imports what one of its virtual functions exports, and gets offsets into the aperture, which
/// only its own partitioning table turns into addresses. Mirrors xe's VF BAR imported by its PF, for which a table of PCI addresses is useless (spec 10.5); no patch of the
/// series contains it, it is what the series is for.
/// </summary>
/// <remarks>
/// Matches if the importer is the physical function of the exporter's device and both name the same BAR. List it before a peer-to-peer table. To the framework it is a
/// stranger's type. Immutable, safe for all threads.
/// </remarks>
public sealed class ApertureMappingType : MappingType<ApertureOffer, ApertureRequest, ApertureAttachment>
{
    private ApertureMappingType()
        : base("VirtualFunctionAperture", 1)
    {
    }

    /// <summary>The only instance.</summary>
    public static ApertureMappingType Instance { get; } = new();

    /// <summary>Offers a part of a virtual function's BAR to its physical function.</summary>
    /// <param name="physicalFunction">The physical function of the exporting virtual one.</param>
    /// <param name="aperture">The virtual function's BAR.</param>
    /// <param name="operations">Map and unmap; kept by every attachment.</param>
    public static MappingOffer Offer(PciFunction physicalFunction, PciBar aperture, IApertureOperations operations)
    {
        ArgumentNullException.ThrowIfNull(physicalFunction);
        ArgumentNullException.ThrowIfNull(aperture);
        ArgumentNullException.ThrowIfNull(operations);
        return Instance.CreateOffer(new ApertureOffer(physicalFunction, aperture, operations));
    }

    /// <summary>Requests what a virtual function exports, as its physical function.</summary>
    /// <param name="physicalFunction">The importing physical function.</param>
    /// <param name="aperture">The virtual function's BAR.</param>
    /// <param name="ceiling">The costs that the importer permits.</param>
    public static MappingRequest<ApertureAttachment> Request(PciFunction physicalFunction, PciBar aperture, MappingCost ceiling = MappingCost.Default)
    {
        ArgumentNullException.ThrowIfNull(physicalFunction);
        ArgumentNullException.ThrowIfNull(aperture);
        return Instance.CreateRequest(new ApertureRequest(physicalFunction, aperture), ceiling);
    }

    /// <inheritdoc/>
    protected override MatchVerdict Match(in MatchContext context, ApertureOffer offer, ApertureRequest request)
    {
        ArgumentNullException.ThrowIfNull(offer);
        ArgumentNullException.ThrowIfNull(request);
        if (!ReferenceEquals(offer.PhysicalFunction, request.PhysicalFunction))
        {
            return context.Decline("physical function", offer.PhysicalFunction.Address, request.PhysicalFunction.Address);
        }

        return ReferenceEquals(offer.Aperture, request.Aperture)
            ? context.Accept(MappingCost.None)
            : context.Decline("aperture", offer.Aperture.Function.Address, request.Aperture.Function.Address);
    }

    /// <inheritdoc/>
    protected override ApertureAttachment FinishMatch(in FinishContext context, ApertureOffer offer, ApertureRequest request)
    {
        ArgumentNullException.ThrowIfNull(offer);
        return new ApertureAttachment(in context, offer);
    }

    /// <inheritdoc/>
    protected override string DescribeOffer(ApertureOffer offer) => $"aperture of {offer?.Aperture.Function.Address} for {offer?.PhysicalFunction.Address}";

    /// <inheritdoc/>
    protected override string DescribeRequest(ApertureRequest request) => $"{request?.PhysicalFunction.Address} for the aperture of {request?.Aperture.Function.Address}";
}
