namespace DmaBuf;

/// <summary>
/// The mapping type <b>PhysicalAddressList</b> (PAL, <c>dma_buf_mapping_pal_type</c>): the CPU physical ranges of the buffer, for an importer that owns I/O page tables.
/// A physical address is a bearer token, so a request can only be built from a live <see cref="PhysicalAddressAccess"/>, and the type never crosses a process.
/// </summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed class PhysicalAddressListMappingType
    : MappingType<PhysicalAddressListOffer, PhysicalAddressListRequest, PhysicalAddressListAttachment>
{
    private PhysicalAddressListMappingType()
        : base("PhysicalAddressList", 1)
    {
    }

    /// <summary>The only instance.</summary>
    public static PhysicalAddressListMappingType Instance { get; } = new();

    /// <summary>Offers physical address lists, and what the named converters make of them.</summary>
    /// <param name="operations">Makes the lists; kept by every attachment.</param>
    /// <param name="options">What the lists hold and who may convert them; null: MMIO, nobody.</param>
    /// <exception cref="DmaBufException">EINVAL: RAM with a provider, or MMIO to be converted to scatter/gather without one; unknown kind, converter or flag of the cost.</exception>
    public static MappingOffer Offer(IPhysicalAddressListOperations operations, PhysicalAddressListOfferOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(operations);
        options ??= PhysicalAddressListOfferOptions.Default;
        ThrowIfInconsistent(options);
        MappingCostRule.Require(options.Cost, $"Offering a {Instance.Name}");
        PhysicalAddressListSource source = new(operations, options);
        return Instance.CreateOffer(
            new PhysicalAddressListOffer(source, options.Kind, options.Cost), PhysicalAddressListConverting.Offers(source, options));
    }

    /// <summary>Requests physical address lists.</summary>
    /// <param name="access">The importer's permission, granted by name by the host program.</param>
    /// <param name="kind">The kind of memory that the importer takes; null: either.</param>
    /// <param name="ceiling">The costs that the importer permits.</param>
    /// <exception cref="DmaBufException">EPERM: no permission, or it was revoked. EINVAL: no such kind, or the ceiling has a flag without a name.</exception>
    public static MappingRequest<PhysicalAddressListAttachment> Request(
        PhysicalAddressAccess? access, PhysicalMemoryKind? kind = null, MappingCost ceiling = MappingCost.Default)
    {
        if (access is null)
        {
            throw new DmaBufException(
                Errno.EPERM, $"Requesting a {Instance.Name} was refused: physical addresses need a permission. Have the host program call PhysicalAddressAccess.Grant.");
        }

        access.ThrowIfNotLive();
        if (kind is { } wanted && !Enum.IsDefined(wanted))
        {
            throw new DmaBufException(Errno.EINVAL, $"'{(int)wanted}' is no kind of physical memory; use Mmio or Ram.");
        }

        return Instance.CreateRequest(new PhysicalAddressListRequest(access, kind), ceiling);
    }

    /// <inheritdoc/>
    protected internal override MatchVerdict Match(in MatchContext context, PhysicalAddressListOffer offer, PhysicalAddressListRequest request)
        => request.Kinds is { } wanted && wanted != offer.Kind
            ? context.Decline("memory kind", offer.Kind, wanted)
            : context.Accept(offer.Cost);

    /// <inheritdoc/>
    protected internal override PhysicalAddressListAttachment FinishMatch(
        in FinishContext context, PhysicalAddressListOffer offer, PhysicalAddressListRequest request) => new(in context, offer, request.Access);

    /// <inheritdoc/>
    protected internal override string DescribeOffer(PhysicalAddressListOffer offer) => $"{offer.Kind}";

    /// <inheritdoc/>
    protected internal override string DescribeRequest(PhysicalAddressListRequest request)
        => $"by permission of '{request.Access.ImporterName}', {(request.Kinds is { } kind ? kind.ToString() : "Mmio or Ram")}";

    /// <inheritdoc/>
    protected internal override IEnumerable<Relaxation<PhysicalAddressListRequest>> Relax(PhysicalAddressListRequest request, MatchDecline decline)
        => decline.Property == "memory kind" ? [new($"take {decline.Offered} memory, too", request with { Kinds = null })] : [];

    private static void ThrowIfInconsistent(PhysicalAddressListOfferOptions options)
    {
        bool mmio = options.Kind == PhysicalMemoryKind.Mmio;
        bool toTable = (options.Converters & PhysicalAddressConverters.ScatterGather) != 0;
        const PhysicalAddressConverters All = PhysicalAddressConverters.ScatterGather | PhysicalAddressConverters.IommuDomain;
        if (!Enum.IsDefined(options.Kind) || (options.Converters & ~All) != 0 || options.Limits is null
            || (!mmio && options.Provider is not null) || (mmio && toTable && options.Provider is null))
        {
            throw new DmaBufException(
                Errno.EINVAL, $"Offering a {Instance.Name} with {options} was refused: MMIO that is to be converted to a table needs its provider, RAM has none; kind, converters and limits must be known.");
        }
    }
}
