using System.Text.Json;

namespace DmaBuf;

/// <summary>IommuDomain as JSON. Offer: <c>granularity, cost</c>; request: <c>domain, pageSize</c>.</summary>
internal sealed class IommuDomainCodec() : MappingTypeCodec(IommuDomainMappingType.Instance)
{
    protected internal override void EncodeOffer(Utf8JsonWriter json, MappingOffer offer, MappingRequestList requests)
    {
        IommuDomainOffer data = ((MappingOffer<IommuDomainOffer>)offer).Data;
        json.WriteNumber("granularity", data.Granularity);
        NegotiationNames.WriteFlags(json, "cost", data.Cost);
    }

    protected internal override void EncodeRequest(Utf8JsonWriter json, MappingRequest request)
    {
        IIommuDomain domain = ((MappingRequest<IommuDomainOffer, IommuDomainRequest, IommuDomainAttachment>)request).Data.Domain;
        json.WriteString("domain", domain.Name);
        json.WriteNumber("pageSize", domain.PageSize);
    }

    protected internal override MappingOffer DecodeOffer(NegotiationFacts facts)
        => IommuDomainMappingType.Offer(new DescribedOperations(), PowerOfTwo(facts, "granularity"), facts.GetCost("cost", MappingCost.None));

    protected internal override MappingRequest DecodeRequest(NegotiationFacts facts, MappingCost ceiling)
        => IommuDomainMappingType.Request(new DescribedDomain(facts.TryGetText("domain") ?? "domain", PowerOfTwo(facts, "pageSize")), ceiling);

    private static ulong PowerOfTwo(NegotiationFacts facts, string name) => facts.GetNumber(name, MemoryPage.Size) is var size && ulong.IsPow2(size)
        ? size
        : throw NegotiationFacts.Wrong(facts.At(name), "a power of two is needed");

    private sealed class DescribedDomain(string name, ulong pageSize) : IIommuDomain
    {
        public string Name => name;

        public ulong PageSize => pageSize;

        public void Map(DmaAddress address, PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
            => throw OnlyDescribed("Mapping in an I/O page table");

        public void Unmap(DmaRange range)
        {
            // Nothing was ever mapped.
        }
    }

    private sealed class DescribedOperations : IIommuDomainOperations
    {
        public object? MapIommuDomain(IommuDomainAttachment attachment, DmaAddress address, DmaDirection direction, in ReservationLock held)
            => throw OnlyDescribed("Mapping in an I/O page table");

        public void UnmapIommuDomain(IommuDomainAttachment attachment, DmaAddress address, object? state, in ReservationLock held)
        {
            // Nothing was ever mapped.
        }
    }
}
