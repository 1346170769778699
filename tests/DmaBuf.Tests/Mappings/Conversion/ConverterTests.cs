using DmaBuf.Tests.Conformance;
using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.PeerToPeer;

namespace DmaBuf.Tests.Mappings.Conversion;

/// <summary>Exporters of physical lists alone serve importers of tables and of I/O page tables, who never see an address.</summary>
public sealed class ConverterTests : BufferFixture
{
    private static readonly PhysicalRange[] Ranges = [new(new PhysicalAddress(0x10000), 0x2000), new(new PhysicalAddress(0x40000), 0x1000)];

    private static readonly PhysicalAddressListOfferOptions Both = new()
    {
        Kind = PhysicalMemoryKind.Ram,
        Converters = PhysicalAddressConverters.ScatterGather | PhysicalAddressConverters.IommuDomain,
    };

    [Fact]
    public void A_list_is_installed_in_the_importers_domain_range_behind_range_and_removed_again()
    {
        PhysicalExporter exporter = new(Ranges, Both);
        RecordingDomain domain = new();
        using DmaBuffer buffer = Export(exporter, 0x3000);
        using IommuDomainAttachment attachment = buffer.Attach(Importer, IommuDomainMappingType.Request(domain));
        IommuDomainMapping mapping = attachment.MapIommuDomain(new DmaAddress(0x100000), DmaDirection.Bidirectional);
        Assert.Equal(new DmaRange(new DmaAddress(0x100000), 0x3000), mapping.Range);
        Assert.Equal([(0x100000UL, Ranges[0]), (0x102000UL, Ranges[1])], domain.Mapped.Select(static entry => (entry.Key, entry.Value.Range)));
        Assert.Equal(1, exporter.LiveLists);
        mapping.Dispose();
        Assert.Empty(domain.Mapped);
        Assert.Equal(0, exporter.LiveLists);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_domain_that_fails_at_a_range_is_left_empty_and_the_list_given_back(int failAt)
    {
        PhysicalExporter exporter = new(Ranges, Both);
        RecordingDomain domain = new() { FailAt = failAt };
        using DmaBuffer buffer = Export(exporter, 0x3000);
        using IommuDomainAttachment attachment = buffer.Attach(Importer, IommuDomainMappingType.Request(domain));
        Assert.Equal(Errno.ENOMEM, Assert.Throws<DmaBufException>(
            () => attachment.MapIommuDomain(new DmaAddress(0x100000), DmaDirection.ToDevice)).Errno);
        Assert.Empty(domain.Mapped);
        Assert.Equal(0, exporter.LiveLists);
    }

    [Fact]
    public void A_list_becomes_a_table_for_a_device_and_a_revoke_takes_the_entries_away()
    {
        PhysicalExporter exporter = new(Ranges, Both);
        DirectDevice device = new();
        using DmaBuffer buffer = Export(exporter, 0x3000);
        using ScatterGatherAttachment attachment = buffer.AttachScatterGather(device);
        ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
        Assert.Equal(2, device.Mapped.Count);
        Assert.Equal(MappingCost.IommuMap, mapping.Cost);
        Assert.Equal(RevokeOutcome.Forced, RevokeAtOnce(buffer));
        Assert.Empty(device.Mapped);
        Assert.Equal(0, exporter.LiveLists);
        mapping.Dispose();
    }

    [Fact]
    public void A_revoke_under_a_reader_of_the_table_takes_the_entries_away_and_gives_the_list_back_at_unmap()
    {
        PhysicalExporter exporter = new(Ranges, Both);
        DirectDevice device = new();
        using DmaBuffer buffer = Export(exporter, 0x3000);
        using ScatterGatherAttachment attachment = buffer.AttachScatterGather(device);
        ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
        using (ScatterGatherLease lease = mapping.ReadTable())
        {
            ReadOnlySpan<ScatterGatherEntry> entries = lease.Entries;
            Assert.Equal(RevokeOutcome.Forced, RevokeAtOnce(buffer));
            Assert.Empty(device.Mapped);
            Assert.Equal(0x2000U, entries[0].Length);
        }

        mapping.Dispose();
        Assert.Equal(0, exporter.LiveLists);
    }

    [Fact]
    public void Without_a_named_converter_other_importers_have_nothing_in_common()
    {
        using DmaBuffer buffer = Export(new PhysicalExporter(Ranges, Both with { Converters = PhysicalAddressConverters.None }), 0x3000);
        Assert.Equal(Errno.EINVAL, Assert.Throws<NegotiationFailedException>(() => buffer.AttachScatterGather(new DirectDevice())).Errno);
    }

    [Fact]
    public void Direct_pairs_of_every_offer_come_before_any_conversion()
    {
        NoTableOperations direct = new();
        FakeExporter exporter = new(
            PhysicalAddressListMappingType.Offer(new PhysicalExporterOperations(), Both), ScatterGatherMappingType.Offer(direct));
        using DmaBuffer buffer = Export(exporter, 0x3000);
        using ScatterGatherAttachment attachment = buffer.AttachScatterGather(new DirectDevice());
        Assert.Equal(1, attachment.OfferIndex);
        Assert.Same(direct, attachment.Operations);
    }

    [Fact]
    public void A_conversion_of_mmio_keeps_the_peer_to_peer_rules()
    {
        CountingPciDevice pci = new(PeerToPeerMapType.NotSupported, -1);
        PhysicalAddressListOfferOptions options = new()
        {
            Converters = PhysicalAddressConverters.ScatterGather,
            Provider = new PeerToPeerProvider(pci, 0x8000_0000),
        };
        using DmaBuffer buffer = Export(new FakeExporter(PhysicalAddressListMappingType.Offer(new PhysicalExporterOperations(), options)), 0x3000);
        DmaBuf.Negotiation refused = buffer.Explain(Importer, ScatterGatherMappingType.Request(new DirectDevice()));
        Assert.Equal("peer-to-peer", refused.Pairs.Single(static pair => pair.ConvertedTo is not null).Decline!.Property);
        refused = buffer.Explain(new FakeDynamicImporter(), ScatterGatherMappingType.Request(new DirectDevice(), PeerToPeerAcceptance.Accepted));
        Assert.Equal("peer-to-peer route", refused.Pairs.Single(static pair => pair.ConvertedTo is not null).Decline!.Property);
    }

    [Fact]
    public void Mmio_without_a_provider_cannot_be_offered_for_conversion_to_a_table()
        => Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => PhysicalAddressListMappingType.Offer(
            new PhysicalExporterOperations(), new PhysicalAddressListOfferOptions { Converters = PhysicalAddressConverters.ScatterGather })).Errno);

    [Fact]
    public void A_request_without_a_live_permission_is_EPERM_before_any_negotiation()
    {
        PhysicalAddressAccess access = PhysicalAddressAccess.Grant("importer");
        Assert.Equal(Errno.EPERM, Assert.Throws<DmaBufException>(() => PhysicalAddressListMappingType.Request(null)).Errno);
        PhysicalExporter exporter = new(Ranges, Both);
        using DmaBuffer buffer = Export(exporter, 0x3000);
        using PhysicalAddressListAttachment attachment = buffer.Attach(Importer, PhysicalAddressListMappingType.Request(access));
        access.Revoke();
        Assert.Equal(Errno.EPERM, Assert.Throws<DmaBufException>(() => PhysicalAddressListMappingType.Request(access)).Errno);
        Assert.Equal(Errno.EPERM, Assert.Throws<DmaBufException>(() => attachment.MapPhysicalAddressList()).Errno);
        Assert.Equal(0, exporter.LiveLists);
    }

    // Blocks, since a lease cannot live across an await.
    private static RevokeOutcome RevokeAtOnce(DmaBuffer buffer)
    {
        Task<RevokeReport> revoke = buffer.RevokeAsync(TimeSpan.Zero).AsTask();
        Assert.Equal(0, Task.WaitAny([revoke], TimeSpan.FromSeconds(20)));
        return revoke.GetAwaiter().GetResult().Outcome;
    }
}
