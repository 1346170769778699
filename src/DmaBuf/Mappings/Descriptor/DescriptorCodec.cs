using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace DmaBuf;

/// <summary>Descriptor as JSON: the members of <see cref="DescriptorFacts"/> and of <see cref="DescriptorNeeds"/> under their own names.</summary>
internal sealed class DescriptorCodec() : MappingTypeCodec(DescriptorMappingType.Instance)
{
    protected internal override void EncodeOffer(Utf8JsonWriter json, MappingOffer offer, MappingRequestList requests)
    {
        DescriptorFacts facts = ((MappingOffer<DescriptorOffer>)offer).Data.Facts;
        json.WriteString("kind", facts.Kind.ToString());
        json.WriteString("memory", facts.Memory.ToString());
        json.WriteString("exporterName", facts.ExporterName);
        json.WriteBoolean("pinnableByAddress", facts.PinnableByAddress);
        json.WriteNumber("sizeGranularity", facts.SizeGranularity);
        json.WriteString("access", facts.Access.ToString());
        NegotiationNames.WriteFlags(json, "seals", facts.Seals);
    }

    protected internal override void EncodeRequest(Utf8JsonWriter json, MappingRequest request)
    {
        DescriptorNeeds needs = ((MappingRequest<DescriptorOffer, DescriptorRequest, DescriptorAttachment>)request).Data.Needs;
        NegotiationNames.WriteFlags(json, "kinds", needs.Kinds);
        NegotiationNames.WriteFlags(json, "memory", needs.Memory);
        json.WriteString("exporterName", needs.ExporterName);
        json.WriteBoolean("pinnableByAddress", needs.PinnableByAddress);
        json.WriteNumber("sizeGranularity", needs.SizeGranularity);
        json.WriteString("access", needs.Access.ToString());
        NegotiationNames.WriteFlags(json, "requiredSeals", needs.RequiredSeals);
        NegotiationNames.WriteFlags(json, "forbiddenSeals", needs.ForbiddenSeals);
    }

    protected internal override MappingOffer DecodeOffer(NegotiationFacts facts)
    {
        DescriptorFacts described = new()
        {
            Kind = facts.GetChoice("kind", DescriptorKind.MemoryFile),
            Memory = facts.GetChoice("memory", DescriptorMemory.Ram),
            ExporterName = facts.TryGetText("exporterName") ?? "memfd",
            PinnableByAddress = facts.GetTruth("pinnableByAddress", false),
            SizeGranularity = Granularity(facts, 4096),
            Access = facts.GetChoice("access", CpuAccess.ReadWrite),
            Seals = facts.GetFlags("seals", DescriptorSeals.None),
        };
        if (!BitOperations.IsPow2((int)described.Kind) || !BitOperations.IsPow2((int)described.Memory) || string.IsNullOrWhiteSpace(described.ExporterName))
        {
            throw NegotiationFacts.Wrong(facts.Place, "a descriptor has one kind, one memory and the name of its exporter");
        }

        return DescriptorMappingType.Offer(new Described(), described);
    }

    protected internal override MappingRequest DecodeRequest(NegotiationFacts facts, MappingCost ceiling)
    {
        DescriptorNeeds needs = new()
        {
            Kinds = facts.GetFlags("kinds", DescriptorKind.Any),
            Memory = facts.GetFlags("memory", DescriptorMemory.Any),
            ExporterName = facts.TryGetText("exporterName"),
            PinnableByAddress = facts.GetTruth("pinnableByAddress", false),
            SizeGranularity = Granularity(facts, 1),
            Access = facts.GetChoice("access", CpuAccess.Read),
            RequiredSeals = facts.GetFlags("requiredSeals", DescriptorSeals.None),
            ForbiddenSeals = facts.GetFlags("forbiddenSeals", DescriptorSeals.None),
        };
        return needs.Kinds != DescriptorKind.None && needs.Memory != DescriptorMemory.None
            ? DescriptorMappingType.Request(needs, ceiling)
            : throw NegotiationFacts.Wrong(facts.Place, "at least one kind and one memory must be taken");
    }

    private static ulong Granularity(NegotiationFacts facts, ulong missing) => facts.GetNumber("sizeGranularity", missing) is var granularity
        && ulong.IsPow2(granularity)
        ? granularity
        : throw NegotiationFacts.Wrong(facts.At("sizeGranularity"), "a power of two is needed");

    private sealed class Described : IDescriptorOperations
    {
        public SafeHandle OpenDescriptor(DescriptorAttachment attachment, in ReservationLock held) => throw OnlyDescribed("Opening a descriptor");
    }
}
