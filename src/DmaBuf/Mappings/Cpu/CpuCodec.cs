using System.Text.Json;

namespace DmaBuf;

/// <summary>Cpu as JSON. Offer: <c>access, coherency, cost</c>; request: <c>access, coherency</c>.</summary>
internal sealed class CpuCodec() : MappingTypeCodec(CpuMappingType.Instance)
{
    protected internal override void EncodeOffer(Utf8JsonWriter json, MappingOffer offer, MappingRequestList requests)
    {
        CpuOffer data = ((MappingOffer<CpuOffer>)offer).Data;
        json.WriteString("access", data.Access.ToString());
        json.WriteString("coherency", data.Coherency.ToString());
        NegotiationNames.WriteFlags(json, "cost", data.Cost);
    }

    protected internal override void EncodeRequest(Utf8JsonWriter json, MappingRequest request)
    {
        CpuRequest data = ((MappingRequest<CpuOffer, CpuRequest, CpuAttachment>)request).Data;
        json.WriteString("access", data.Access.ToString());
        json.WriteString("coherency", data.Coherency.ToString());
    }

    protected internal override MappingOffer DecodeOffer(NegotiationFacts facts) => CpuMappingType.Offer(
        new Described(),
        facts.GetChoice("access", CpuAccess.ReadWrite),
        facts.GetChoice("coherency", CpuCoherency.Coherent),
        facts.GetCost("cost", MappingCost.None));

    protected internal override MappingRequest DecodeRequest(NegotiationFacts facts, MappingCost ceiling) => CpuMappingType.Request(
        facts.GetChoice("access", CpuAccess.Read), facts.GetChoice("coherency", CpuCoherency.NeedsMaintenance), ceiling);

    private sealed class Described : ICpuOperations
    {
        public CpuMemory MapCpu(CpuAttachment attachment, CpuAccess access, in ReservationLock held) => throw OnlyDescribed("Mapping for the CPU");
    }
}
