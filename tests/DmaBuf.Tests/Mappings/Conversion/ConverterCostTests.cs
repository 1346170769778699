using DmaBuf.Tests.Conformance;
using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.IommuDomain;

namespace DmaBuf.Tests.Mappings.Conversion;

/// <summary>No conversion hides what the list that it starts from costs: not in the match, not in the agreement, not in the mapping.</summary>
public sealed class ConverterCostTests : BufferFixture
{
    private const MappingCost CopiedAndMapped = MappingCost.Copy | MappingCost.IommuMap;

    private static readonly PhysicalRange[] s_ranges = [new(new PhysicalAddress(0x10000), 0x3000)];

    private readonly PhysicalExporter _copying = new(s_ranges, new PhysicalAddressListOfferOptions
    {
        Kind = PhysicalMemoryKind.Ram,
        Cost = MappingCost.Copy,
        Converters = PhysicalAddressConverters.ScatterGather | PhysicalAddressConverters.IommuDomain,
    });

    [Theory]
    [InlineData(MappingCost.Strict)]
    [InlineData(MappingCost.Default)]
    public void An_importer_that_permits_no_copies_gets_none_through_a_converter(MappingCost ceiling)
    {
        using DmaBuffer buffer = Export(_copying, 0x3000);
        MappingRequest[] requests = [IommuDomainMappingType.Request(new FakeIommuDomain(), ceiling), ScatterGatherMappingType.Request(new DirectDevice(), ceiling: ceiling)];
        foreach (MappingRequest request in requests)
        {
            DmaBuf.Negotiation refused = buffer.Explain(Importer, request);
            Assert.Equal(Errno.EINVAL, refused.Errno);
            Assert.Equal("cost", refused.Pairs.Single(static pair => pair.ConvertedTo is not null).Decline!.Property);
        }
    }

    [Fact]
    public void A_converted_domain_agrees_on_the_lists_cost_and_its_mapping_states_it()
    {
        using DmaBuffer buffer = Export(_copying, 0x3000);
        using IommuDomainAttachment attachment = buffer.Attach(
            Importer, IommuDomainMappingType.Request(new FakeIommuDomain(), MappingCost.Default | MappingCost.Copy));
        using IommuDomainMapping mapping = attachment.MapIommuDomain(new DmaAddress(0x100000), DmaDirection.ToDevice);
        Assert.Equal((CopiedAndMapped, CopiedAndMapped), (attachment.CostBound, mapping.Cost));
    }

    [Fact]
    public void A_converted_table_agrees_on_the_lists_cost_and_its_mapping_states_it()
    {
        using DmaBuffer buffer = Export(_copying, 0x3000);
        using ScatterGatherAttachment attachment = buffer.Attach(
            Importer, ScatterGatherMappingType.Request(new DirectDevice(), ceiling: MappingCost.Default | MappingCost.Copy));
        using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.ToDevice);
        Assert.Equal((CopiedAndMapped, CopiedAndMapped), (attachment.CostBound, mapping.Cost));
    }

    [Fact]
    public void A_domain_offer_of_an_exporters_own_states_its_cost_and_keeps_it_in_a_description()
    {
        using DmaBuffer buffer = Export(IommuDomainMappingType.Offer(new RecordingOperations(), cost: MappingCost.Migrate));
        MappingRequest<IommuDomainAttachment> request = IommuDomainMappingType.Request(new FakeIommuDomain());
        using IommuDomainAttachment attachment = buffer.Attach(Importer, request);
        Assert.Equal(MappingCost.Migrate | MappingCost.IommuMap, attachment.CostBound);
        string record = NegotiationJson.Record(buffer, Importer, [request], NegotiationReplay.StandardCodecs);
        Assert.Equal(attachment.CostBound, NegotiationReplay.Run(record, NegotiationReplay.StandardCodecs).Agreed!.Cost);
    }
}
