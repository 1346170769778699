namespace DmaBuf;

/// <summary>
/// The mapping type <b>IommuDomain</b>: the importer brings an I/O page table of its own (<c>iommu_domain</c>), and the buffer is installed in it
/// without ever showing physical addresses. Exporters usually come to it through the converter of their physical address list.
/// </summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed class IommuDomainMappingType : MappingType<IommuDomainOffer, IommuDomainRequest, IommuDomainAttachment>
{
    private IommuDomainMappingType()
        : base("IommuDomain", 1)
    {
    }

    /// <summary>The only instance.</summary>
    public static IommuDomainMappingType Instance { get; } = new();

    /// <summary>Offers to install the buffer in an importer's domain.</summary>
    /// <param name="operations">Installs the buffer; kept by every attachment.</param>
    /// <param name="granularity">Every run of the memory starts and ends at a multiple of this many bytes; a power of two.</param>
    /// <param name="cost">An upper bound of what mapping costs, beside the page table entries.</param>
    /// <exception cref="DmaBufException">EINVAL: the granularity is no power of two, or the cost has a flag without a name.</exception>
    public static MappingOffer Offer(IIommuDomainOperations operations, ulong granularity = 4096, MappingCost cost = MappingCost.None)
    {
        ArgumentNullException.ThrowIfNull(operations);
        MappingCostRule.Require(cost, $"Offering {Instance.Name}");
        return ulong.IsPow2(granularity)
            ? Instance.CreateOffer(new IommuDomainOffer(operations, granularity, cost))
            : throw new DmaBufException(Errno.EINVAL, $"Offering {Instance.Name} with granularity {granularity} was refused: it must be a power of two.");
    }

    /// <summary>Requests that the buffer be installed in a domain.</summary>
    /// <param name="domain">The importer's I/O page table; used until the attachment is detached.</param>
    /// <param name="ceiling">The costs that the importer permits.</param>
    /// <exception cref="DmaBufException">EINVAL: the ceiling has a flag without a name.</exception>
    public static MappingRequest<IommuDomainAttachment> Request(IIommuDomain domain, MappingCost ceiling = MappingCost.Default)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return Instance.CreateRequest(new IommuDomainRequest(domain), ceiling);
    }

    /// <inheritdoc/>
    protected internal override MatchVerdict Match(in MatchContext context, IommuDomainOffer offer, IommuDomainRequest request)
        => offer.Granularity % request.Domain.PageSize == 0
            ? context.Accept(offer.Cost | MappingCost.IommuMap)
            : context.Decline("page size", offer.Granularity, request.Domain.PageSize);

    /// <inheritdoc/>
    protected internal override IommuDomainAttachment FinishMatch(in FinishContext context, IommuDomainOffer offer, IommuDomainRequest request)
        => new(in context, offer.Operations, request.Domain);

    /// <inheritdoc/>
    protected internal override string DescribeOffer(IommuDomainOffer offer) => $"runs of {offer.Granularity} bytes";

    /// <inheritdoc/>
    protected internal override string DescribeRequest(IommuDomainRequest request) => $"{request.Domain.Name}, pages of {request.Domain.PageSize} bytes";
}
