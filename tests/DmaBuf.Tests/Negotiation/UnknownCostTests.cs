using DmaBuf.Tests.Conformance;
using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.Conversion;
using DmaBuf.Tests.Mappings.IommuDomain;
using DmaBuf.Tests.Mappings.PeerToPeer;

namespace DmaBuf.Tests.Negotiation;

/// <summary>A cost bit without a name is refused wherever a cost comes in: cut off on its way, it would pass the strictest ceiling.</summary>
public sealed class UnknownCostTests : BufferFixture
{
    private readonly FakeType _type = new();

    public static TheoryData<MappingCost> Nameless =>
        [(MappingCost)128, (MappingCost)(1 << 15), (MappingCost)(1 << 16), (MappingCost)(1 << 24), (MappingCost)(1 << 31), (MappingCost)(-1)];

    [Theory]
    [MemberData(nameof(Nameless))]
    public void An_offer_that_states_one_is_EINVAL(MappingCost cost)
    {
        NoTableOperations tables = new();
        Refusal.Expect(Errno.EINVAL, () => CpuMappingType.Offer(new NoMemory(), cost: cost));
        Refusal.Expect(Errno.EINVAL, () => IommuDomainMappingType.Offer(new RecordingOperations(), cost: cost));
        Refusal.Expect(Errno.EINVAL, () => ScatterGatherMappingType.Offer(tables, cost));
        Refusal.Expect(Errno.EINVAL, () => ScatterGatherMappingType.OfferPeerToPeer(tables, PeerToPeerRequirement.None, null, cost));
        Refusal.Expect(Errno.EINVAL, () => PhysicalAddressListMappingType.Offer(new PhysicalExporterOperations(), new() { Cost = cost }));
    }

    [Theory]
    [MemberData(nameof(Nameless))]
    public void A_ceiling_that_permits_one_is_EINVAL(MappingCost ceiling)
    {
        using PhysicalAddressAccess access = PhysicalAddressAccess.Grant("importer");
        Refusal.Expect(Errno.EINVAL, () => _type.Request(ceiling: ceiling));
        Refusal.Expect(Errno.EINVAL, () => CpuMappingType.Request(ceiling: ceiling));
        Refusal.Expect(Errno.EINVAL, () => DescriptorMappingType.Request(ceiling: ceiling));
        Refusal.Expect(Errno.EINVAL, () => IommuDomainMappingType.Request(new FakeIommuDomain(), ceiling));
        Refusal.Expect(Errno.EINVAL, () => ScatterGatherMappingType.Request(new NamedDevice(), ceiling: ceiling));
        Refusal.Expect(Errno.EINVAL, () => PhysicalAddressListMappingType.Request(access, ceiling: ceiling));
    }

    [Theory]
    [MemberData(nameof(Nameless))]
    public void A_verdict_or_a_device_that_states_one_ends_the_attach_with_EINVAL(MappingCost cost)
    {
        _type.Cost = cost;
        using DmaBuffer buffer = Export(_type.Offer(), ScatterGatherMappingType.Offer(new NoTableOperations()));
        Refusal.Expect(Errno.EINVAL, () => buffer.Attach(Importer, _type.Request(ceiling: MappingCost.Strict)));
        Refusal.Expect(Errno.EINVAL, () => buffer.AttachScatterGather(new NamedDevice(cost)));
        Assert.Equal((0, 0), (buffer.AttachmentCount, _type.FinishCalls.Count));
    }

    [Theory]
    [MemberData(nameof(Nameless))]
    public void A_mapping_that_states_one_is_beyond_every_bound(MappingCost cost)
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request(ceiling: MappingCostRule.All));
        attachment.MapCost = cost;
        Refusal.Expect(Errno.EOPNOTSUPP, () => attachment.MapFake());
        Assert.Equal((1, 0), (attachment.Unmaps, attachment.LiveMappings));
    }

    [Theory]
    [MemberData(nameof(Nameless))]
    public void A_table_that_states_one_is_EINVAL(MappingCost cost) => Refusal.Expect(Errno.EINVAL, () => _ = new StatedTable(cost));

    [Theory]
    [InlineData("exporter.offers[0].cost", """{"type":"Cpu","cost":[16777216]}""", """{"type":"Cpu"}""")]
    [InlineData("importer.requests[0].ceiling", """{"type":"Cpu"}""", """{"type":"Cpu","ceiling":["Copy",128]}""")]
    [InlineData("importer.requests[0].rangeCost", """{"type":"Cpu"}""", """{"type":"ScatterGatherTable","device":"nic","rangeCost":[128]}""")]
    public void A_description_that_states_one_names_its_place(string place, string offer, string request)
    {
        string json = $$$"""{"buffer":{"name":"b","size":1},"exporter":{"name":"e","offers":[{{{offer}}}]},"importer":{"name":"i","requests":[{{{request}}}]}}""";
        DmaBufException refused = Assert.Throws<DmaBufException>(() => NegotiationReplay.Run(json, NegotiationReplay.StandardCodecs));
        Assert.Contains($"'{place}'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ceiling_of_all_named_costs_permits_each_of_them()
    {
        MappingCost all = Enum.GetValues<MappingCost>().Aggregate(static (sum, cost) => sum | cost);
        _type.Cost = all;
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request(ceiling: all));
        Assert.Equal(all, attachment.CostBound);
    }

    private sealed class NoMemory : ICpuOperations
    {
        public CpuMemory MapCpu(CpuAttachment attachment, CpuAccess access, in ReservationLock held)
            => throw new DmaBufException(Errno.ENOMEM, "These tests map nothing.");
    }

    private sealed class StatedTable(MappingCost cost) : ScatterGatherBacking([new ScatterGatherEntry(new DmaAddress(0), 4096)], cost)
    {
        protected override void Undo()
        {
        }
    }
}
