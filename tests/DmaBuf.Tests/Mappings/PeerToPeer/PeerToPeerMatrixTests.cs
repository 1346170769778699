using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Mappings.PeerToPeer;

/// <summary>The matrix of spec 4.4 with a counting route, and the vectors 11 to 16 of B.5.</summary>
public sealed class PeerToPeerMatrixTests : BufferFixture
{
    private readonly NoTableOperations _operations = new();
    private readonly NoTableOperations _plainOperations = new();
    private readonly NamedDevice _device = new();
    private readonly FakeDynamicImporter _dynamic = new();

    [Theory]
    [InlineData(PeerToPeerAcceptance.NotAccepted)]
    [InlineData(PeerToPeerAcceptance.Accepted)]
    public void An_offer_that_requires_nothing_matches_everybody_without_asking_for_a_route(PeerToPeerAcceptance acceptance)
    {
        CountingPciDevice pci = new(PeerToPeerMapType.NotSupported, -1);
        using DmaBuffer buffer = Export(ScatterGatherMappingType.OfferPeerToPeer(_operations, PeerToPeerRequirement.None, pci));
        using ScatterGatherAttachment attachment = buffer.Attach(_dynamic, ScatterGatherMappingType.Request(_device, acceptance));
        Assert.False(attachment.PeerToPeerAllowed);
        Assert.Equal(acceptance == PeerToPeerAcceptance.Accepted, attachment.ImporterAcceptsPeerToPeer);
        Assert.Equal(0, pci.Asked);
    }

    [Theory]
    [InlineData(PeerToPeerAcceptance.NotAccepted)]
    [InlineData(PeerToPeerAcceptance.Accepted)]
    public void An_offer_that_requires_a_route_but_names_no_device_matches_nobody(PeerToPeerAcceptance acceptance)
    {
        using DmaBuffer buffer = Export(ScatterGatherMappingType.OfferPeerToPeer(_operations, PeerToPeerRequirement.RequiresDistance, null));
        Assert.Equal("peer-to-peer", DeclinedFor(buffer, acceptance));
    }

    [Fact]
    public void An_importer_that_accepts_no_peers_is_declined_without_asking_for_a_route()
    {
        CountingPciDevice pci = new(PeerToPeerMapType.BusAddress, 4);
        using DmaBuffer buffer = Export(PeerToPeerOffer(pci));
        Assert.Equal("peer-to-peer", DeclinedFor(buffer, PeerToPeerAcceptance.NotAccepted));

        // The remedy is a fresh negotiation, so the route is asked for once, by it.
        Assert.Equal(1, pci.Asked);
    }

    [Fact]
    public void No_route_declines_and_says_why()
    {
        CountingPciDevice pci = new(PeerToPeerMapType.NotSupported, -1);
        using DmaBuffer buffer = Export(PeerToPeerOffer(pci));
        Assert.Equal("peer-to-peer route", DeclinedFor(buffer, PeerToPeerAcceptance.Accepted));
        Assert.Equal(1, pci.Asked);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void A_route_of_any_length_matches_and_allows_peers(int distance)
    {
        CountingPciDevice pci = new(PeerToPeerMapType.BusAddress, distance);
        using DmaBuffer buffer = Export(PeerToPeerOffer(pci));
        using ScatterGatherAttachment attachment = buffer.Attach(_dynamic, Accepting());
        Assert.True(attachment.PeerToPeerAllowed);
        Assert.Same(_device, attachment.Device);
        Assert.Equal(1, pci.Asked);
    }

    [Fact]
    public void Values_outside_the_enumerations_are_refused()
    {
        Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(
            () => ScatterGatherMappingType.OfferPeerToPeer(_operations, (PeerToPeerRequirement)2, null)).Errno);
        Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => ScatterGatherMappingType.Request(_device, (PeerToPeerAcceptance)2)).Errno);
    }

    [Fact]
    public void Vectors_11_to_13_lists_first_then_tables_with_converters_on()
    {
        using PhysicalAddressAccess access = PhysicalAddressAccess.Grant("importer");
        CountingPciDevice pci = new(PeerToPeerMapType.BusAddress, 4);
        MappingOffer list = PhysicalAddressListMappingType.Offer(new Conformance.PhysicalExporterOperations(), new PhysicalAddressListOfferOptions
        {
            Converters = PhysicalAddressConverters.ScatterGather,
            Provider = new PeerToPeerProvider(pci, 0),
        });
        using DmaBuffer buffer = Export(list, PeerToPeerOffer(pci));
        using (Attachment eleven = buffer.Attach(_dynamic, [Accepting(), PhysicalAddressListMappingType.Request(access)]))
        {
            Assert.Equal((0, 1), (eleven.OfferIndex, eleven.RequestIndex));
        }

        using (ScatterGatherAttachment twelve = buffer.Attach(_dynamic, Accepting()))
        {
            Assert.Equal((1, 0), (twelve.OfferIndex, twelve.RequestIndex));
            Assert.Equal(1, pci.Asked);
        }

        Assert.Equal("peer-to-peer", DeclinedFor(buffer, PeerToPeerAcceptance.NotAccepted));
    }

    [Theory]
    [InlineData("14", PeerToPeerAcceptance.Accepted, -1, 1, false, 1)]
    [InlineData("15", PeerToPeerAcceptance.Accepted, 4, 0, true, 1)]
    [InlineData("16", PeerToPeerAcceptance.NotAccepted, 4, 1, false, 0)]
    public void Vectors_14_to_16(string vector, PeerToPeerAcceptance acceptance, int distance, int offer, bool allowed, int asked)
    {
        CountingPciDevice pci = new(distance < 0 ? PeerToPeerMapType.NotSupported : PeerToPeerMapType.BusAddress, distance);
        using DmaBuffer buffer = Export(PeerToPeerOffer(pci), ScatterGatherMappingType.Offer(_plainOperations));
        using ScatterGatherAttachment attachment = buffer.Attach(_dynamic, ScatterGatherMappingType.Request(_device, acceptance));
        Assert.True(attachment.OfferIndex == offer, vector);
        Assert.Equal(allowed, attachment.PeerToPeerAllowed);
        Assert.Equal(asked, pci.Asked);

        // The operations of the matched offer are called, of the two with different ones; null is out of memory.
        Assert.Equal(Errno.ENOMEM, Assert.Throws<DmaBufException>(() => attachment.MapScatterGather(DmaDirection.ToDevice)).Errno);
        Assert.Equal((offer == 0 ? 1 : 0, offer == 1 ? 1 : 0), (_operations.Maps, _plainOperations.Maps));
    }

    [Fact]
    public void Sgt_attach_simple_sgt_gives_a_table_attachment_of_the_device_without_peers()
    {
        using DmaBuffer buffer = Export(new FakeExporter(OfferSource.Single(ScatterGatherMappingType.Offer(_operations))));
        ScatterGatherAttachment attachment = buffer.AttachScatterGather(_device);
        Assert.Same(ScatterGatherMappingType.Instance, attachment.Type);
        Assert.Same(_device, attachment.Device);
        Assert.False(attachment.PeerToPeerAllowed);
        attachment.Detach();
        Assert.Equal(0, _operations.Maps);
    }

    [Fact]
    public void Sgt_attach_two_exp_finds_the_table_behind_another_type()
    {
        using DmaBuffer buffer = Export(new FakeType("A").Offer(), ScatterGatherMappingType.Offer(_operations));
        using ScatterGatherAttachment attachment = buffer.AttachScatterGather(_device);
        Assert.Equal(1, attachment.OfferIndex);
        Assert.Same(_device, attachment.Device);
        Assert.False(attachment.PeerToPeerAllowed);
    }

    [Fact]
    public void Attach_without_a_device_is_EINVAL_in_both_wrappers()
    {
        using DmaBuffer buffer = Export(ScatterGatherMappingType.Offer(_operations));
        Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => buffer.AttachScatterGather(null)).Errno);
        Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => buffer.AttachScatterGatherDynamic(null, _dynamic)).Errno);
        Assert.Equal(0, buffer.AttachmentCount);
    }

    [Fact]
    public void Dynamic_attach_without_an_importer_is_the_static_one()
    {
        CountingPciDevice pci = new(PeerToPeerMapType.BusAddress, 4);
        using DmaBuffer buffer = Export(PeerToPeerOffer(pci), ScatterGatherMappingType.Offer(_plainOperations));
        using ScatterGatherAttachment attachment = buffer.AttachScatterGatherDynamic(_device, null, PeerToPeerAcceptance.Accepted);
        Assert.False(attachment.IsDynamic);
        Assert.False(attachment.ImporterAcceptsPeerToPeer);
        Assert.Equal(1, attachment.OfferIndex);
    }

    private MappingOffer PeerToPeerOffer(CountingPciDevice pci)
        => ScatterGatherMappingType.OfferPeerToPeer(_operations, PeerToPeerRequirement.RequiresDistance, pci);

    private MappingRequest<ScatterGatherAttachment> Accepting() => ScatterGatherMappingType.Request(_device, PeerToPeerAcceptance.Accepted);

    private string DeclinedFor(DmaBuffer buffer, PeerToPeerAcceptance acceptance)
    {
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(
            () => buffer.Attach(_dynamic, ScatterGatherMappingType.Request(_device, acceptance)));
        Assert.Equal(Errno.EINVAL, failure.Errno);
        return failure.Negotiation.Pairs.Last(static pair => pair.Decline is not null).Decline!.Property;
    }
}
