namespace DmaBuf;

/// <summary>
/// The mapping type <b>Cpu</b>: the importer is a program that reads and writes through spans. Every look at the memory is a lease, which
/// brackets it with cache maintenance and fences where they are needed, and which a revoke waits for.
/// </summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed class CpuMappingType : MappingType<CpuOffer, CpuRequest, CpuAttachment>
{
    private CpuMappingType()
        : base("Cpu", 1)
    {
    }

    /// <summary>The only instance.</summary>
    public static CpuMappingType Instance { get; } = new();

    /// <summary>Offers CPU access.</summary>
    /// <param name="operations">Maps for the CPU; kept by every attachment.</param>
    /// <param name="access">The most that the CPU may do.</param>
    /// <param name="coherency">Whether accesses need cache maintenance; then the exporter implements <see cref="ICpuAccessExporter"/>, or attaching is EINVAL.</param>
    /// <param name="cost">An upper bound of what mapping costs, beside the maintenance.</param>
    /// <exception cref="DmaBufException">EINVAL: an access, a coherency or a flag of the cost has no name.</exception>
    public static MappingOffer Offer(
        ICpuOperations operations,
        CpuAccess access = CpuAccess.ReadWrite,
        CpuCoherency coherency = CpuCoherency.Coherent,
        MappingCost cost = MappingCost.None)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ThrowIfUnknown(access);
        ThrowIfUnknown(coherency);
        MappingCostRule.Require(cost, $"Offering {Instance.Name}");
        return Instance.CreateOffer(new CpuOffer(operations, access, coherency, cost));
    }

    /// <summary>Requests CPU access.</summary>
    /// <param name="access">What the importer wants to do.</param>
    /// <param name="coherency">Coherent: memory that needs maintenance is declined.</param>
    /// <param name="ceiling">The costs that the importer permits.</param>
    /// <exception cref="DmaBufException">EINVAL: an access, a coherency or a flag of the ceiling has no name.</exception>
    public static MappingRequest<CpuAttachment> Request(
        CpuAccess access = CpuAccess.Read,
        CpuCoherency coherency = CpuCoherency.NeedsMaintenance,
        MappingCost ceiling = MappingCost.Default)
    {
        ThrowIfUnknown(access);
        ThrowIfUnknown(coherency);
        return Instance.CreateRequest(new CpuRequest(access, coherency), ceiling);
    }

    /// <inheritdoc/>
    protected internal override MatchVerdict Match(in MatchContext context, CpuOffer offer, CpuRequest request)
    {
        if (request.Access > offer.Access)
        {
            return context.Decline("access", offer.Access, request.Access);
        }

        if (request.Coherency < offer.Coherency)
        {
            return context.Decline("coherency", offer.Coherency, request.Coherency);
        }

        MappingCost maintenance = offer.Coherency == CpuCoherency.NeedsMaintenance ? MappingCost.CacheMaintenance : MappingCost.None;
        return context.Accept(offer.Cost | maintenance);
    }

    /// <inheritdoc/>
    /// <exception cref="DmaBufException">EINVAL: maintenance is needed, and the exporter does none.</exception>
    protected internal override CpuAttachment FinishMatch(in FinishContext context, CpuOffer offer, CpuRequest request)
    {
        // The exporter's mistake, not an outcome: without the brackets every lease would read and write stale caches. Match cannot see the exporter.
        if (offer.Coherency == CpuCoherency.NeedsMaintenance && context.Buffer.Exporter is not ICpuAccessExporter)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"Attaching '{context.Importer}' to '{context.Buffer}' was refused: '{context.Buffer.Exporter.Name}' offers memory that needs cache maintenance and does none. It must implement {nameof(ICpuAccessExporter)}.");
        }

        return new CpuAttachment(in context, offer, request.Access);
    }

    /// <inheritdoc/>
    protected internal override string DescribeOffer(CpuOffer offer) => $"{offer.Access}, {offer.Coherency}";

    /// <inheritdoc/>
    protected internal override string DescribeRequest(CpuRequest request) => request.Coherency == CpuCoherency.Coherent
        ? $"{request.Access}, {request.Coherency}"
        : $"{request.Access}";

    /// <inheritdoc/>
    protected internal override IEnumerable<Relaxation<CpuRequest>> Relax(CpuRequest request, MatchDecline decline)
    {
        if (decline.Property == "access")
        {
            yield return new Relaxation<CpuRequest>("ask for Read access", request with { Access = CpuAccess.Read });
        }
        else if (decline.Property == "coherency")
        {
            yield return new Relaxation<CpuRequest>("accept memory that needs cache maintenance", request with { Coherency = CpuCoherency.NeedsMaintenance });
        }
    }

    private static void ThrowIfUnknown<T>(T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw new DmaBufException(Errno.EINVAL, $"'{value}' is no {typeof(T).Name}; use one of its named values.");
        }
    }
}
