using System.Numerics;

namespace DmaBuf;

/// <summary>
/// The mapping type <b>Descriptor</b>: the importer gets a kernel descriptor, because it is a kernel interface or hands it to one. What is known of the descriptor is
/// matched against what the interface needs, property by property, before a bare errno comes back from a kernel.
/// </summary>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed class DescriptorMappingType : MappingType<DescriptorOffer, DescriptorRequest, DescriptorAttachment>
{
    private DescriptorMappingType()
        : base("Descriptor", 1)
    {
    }

    /// <summary>The only instance.</summary>
    public static DescriptorMappingType Instance { get; } = new();

    /// <summary>Offers a descriptor.</summary>
    /// <param name="operations">Opens descriptors; kept by every attachment.</param>
    /// <param name="facts">What is known of them.</param>
    /// <exception cref="DmaBufException">EINVAL: a fact names no kind, no memory or more than one; or the granularity is no power of two.</exception>
    public static MappingOffer Offer(IDescriptorOperations operations, DescriptorFacts facts)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(facts);
        if (!BitOperations.IsPow2((int)facts.Kind) || !BitOperations.IsPow2((int)facts.Memory) || !BitOperations.IsPow2(facts.SizeGranularity)
            || !Enum.IsDefined(facts.Access) || string.IsNullOrWhiteSpace(facts.ExporterName))
        {
            throw new DmaBufException(
                Errno.EINVAL, $"Offering a descriptor with {facts} was refused: name one kind, one memory, an exporter, an access and a granularity that is a power of two.");
        }

        return Instance.CreateOffer(new DescriptorOffer(operations, facts));
    }

    /// <summary>Requests a descriptor.</summary>
    /// <param name="needs">What the importer needs of it; null: nothing in particular.</param>
    /// <param name="ceiling">The costs that the importer permits.</param>
    /// <exception cref="DmaBufException">EINVAL: no kind or no memory is taken, the granularity is no power of two, or the ceiling has a flag without a name.</exception>
    public static MappingRequest<DescriptorAttachment> Request(DescriptorNeeds? needs = null, MappingCost ceiling = MappingCost.Default) => Request(needs, null, ceiling);

    /// <summary>Requests that the buffer be taken in by an interface that wants its descriptor, inside attach.</summary>
    /// <param name="needs">What the interface needs of it, so that refusals that it is known to make are told before; null: nothing in particular.</param>
    /// <param name="import">The interface; kept by the attachment, which undoes the import when it ends.</param>
    /// <param name="ceiling">The costs that the importer permits.</param>
    /// <exception cref="DmaBufException">EINVAL: as for <see cref="Request(DescriptorNeeds?, MappingCost)"/>, or the cost of the import has a flag without a name.</exception>
    public static MappingRequest<DescriptorAttachment> RequestImport(DescriptorNeeds? needs, IDescriptorImport import, MappingCost ceiling = MappingCost.Default)
    {
        ArgumentNullException.ThrowIfNull(import);
        MappingCostRule.Require(import.Cost, $"Requesting {Instance.Name}");
        return Request(needs, import, ceiling);
    }

    private static MappingRequest<DescriptorAttachment> Request(DescriptorNeeds? needs, IDescriptorImport? import, MappingCost ceiling)
    {
        needs ??= new DescriptorNeeds();
        if (needs.Kinds == DescriptorKind.None || needs.Memory == DescriptorMemory.None || !BitOperations.IsPow2(needs.SizeGranularity)
            || !Enum.IsDefined(needs.Access))
        {
            throw new DmaBufException(
                Errno.EINVAL, $"Requesting a descriptor with {needs} was refused: take at least one kind and one memory, an access, and a granularity that is a power of two.");
        }

        return Instance.CreateRequest(new DescriptorRequest(needs, import), ceiling);
    }

    /// <inheritdoc/>
    protected internal override MatchVerdict Match(in MatchContext context, DescriptorOffer offer, DescriptorRequest request)
    {
        DescriptorFacts facts = offer.Facts;
        DescriptorNeeds needs = request.Needs;
        if ((facts.Kind & needs.Kinds) == 0)
        {
            return context.Decline("descriptor kind", facts.Kind, needs.Kinds);
        }

        if ((facts.Memory & needs.Memory) == 0)
        {
            return context.Decline("memory", facts.Memory, needs.Memory);
        }

        if (needs.ExporterName is { } name && name != facts.ExporterName)
        {
            return context.Decline("kernel exporter", facts.ExporterName, name);
        }

        if (needs.PinnableByAddress && !facts.PinnableByAddress)
        {
            return context.Decline("pinnable by address", false, true);
        }

        if (facts.SizeGranularity < needs.SizeGranularity && context.BufferSize % needs.SizeGranularity != 0)
        {
            return context.Decline("size granularity", facts.SizeGranularity, needs.SizeGranularity);
        }

        if (needs.Access > facts.Access)
        {
            return context.Decline("access", facts.Access, needs.Access);
        }

        if ((needs.RequiredSeals & ~facts.Seals) != 0)
        {
            return context.Decline("required seals", facts.Seals, needs.RequiredSeals);
        }

        return (needs.ForbiddenSeals & facts.Seals) != 0
            ? context.Decline("forbidden seals", facts.Seals, needs.ForbiddenSeals)
            : context.Accept(request.Import?.Cost ?? MappingCost.None);
    }

    /// <inheritdoc/>
    protected internal override DescriptorAttachment FinishMatch(in FinishContext context, DescriptorOffer offer, DescriptorRequest request)
        => new(in context, offer, request.Import);

    /// <inheritdoc/>
    protected internal override string DescribeOffer(DescriptorOffer offer)
    {
        DescriptorFacts facts = offer.Facts;
        return $"{facts.Kind} of {facts.ExporterName}, {facts.Memory}, {facts.Access}, {(facts.PinnableByAddress ? "pinnable" : "not pinnable")} by address, "
            + $"granularity {facts.SizeGranularity}, seals {facts.Seals}";
    }

    /// <inheritdoc/>
    protected internal override string DescribeRequest(DescriptorRequest request)
    {
        DescriptorNeeds needs = request.Needs;
        return $"{needs.Kinds}, {needs.Memory}, {needs.Access}{(needs.ExporterName is null ? string.Empty : $", only from {needs.ExporterName}")}"
            + $"{(needs.PinnableByAddress ? ", pinnable by address" : string.Empty)}{(request.Import is null ? string.Empty : ", imported inside attach")}";
    }

    /// <inheritdoc/>
    protected internal override IEnumerable<Relaxation<DescriptorRequest>> Relax(DescriptorRequest request, MatchDecline decline)
    {
        switch (decline.Property)
        {
            case "access":
                yield return new("ask for Read access", request with { Needs = request.Needs with { Access = CpuAccess.Read } });
                break;
            case "required seals":
                yield return new("accept the seals that are there", request with { Needs = request.Needs with { RequiredSeals = DescriptorSeals.None } });
                break;
            default:
                // The other needs are those of a kernel interface: asking for less would only move the refusal into the kernel.
                break;
        }
    }
}
