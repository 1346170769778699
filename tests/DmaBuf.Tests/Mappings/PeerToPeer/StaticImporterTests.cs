using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Mappings.PeerToPeer;

/// <summary>Peer-to-peer implies that the importer can be told to let go (spec 4.4): a static one never gets it, whatever its request says.</summary>
public sealed class StaticImporterTests : BufferFixture
{
    private readonly CountingPciDevice _near = new(PeerToPeerMapType.BusAddress, 4);
    private readonly MappingOffer _peers;
    private readonly MappingRequestList _accepting = [ScatterGatherMappingType.Request(new NamedDevice(), PeerToPeerAcceptance.Accepted)];

    public StaticImporterTests()
        => _peers = ScatterGatherMappingType.OfferPeerToPeer(new NoTableOperations(), PeerToPeerRequirement.RequiresDistance, _near);

    [Theory]
    [InlineData(true, Errno.None, 1)]
    [InlineData(false, Errno.EINVAL, 0)]
    public void A_static_importer_is_declined_without_asking_for_a_route(bool dynamic, Errno errno, int asked)
    {
        Assert.Equal(errno, Match(dynamic, [_peers]).Errno);
        Assert.Equal(asked, _near.Asked);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void A_static_importer_gets_the_plain_table_behind_the_peers(bool dynamic, int offer)
        => Assert.Equal(offer, Match(dynamic, [_peers, ScatterGatherMappingType.Offer(new NoTableOperations())]).Offer);

    [Theory]
    [InlineData("Accepted", "AcceptedByStaticImporter", "attach as a DynamicImporter")]
    [InlineData("NotAccepted", "NotAccepted", "accept peer-to-peer (attach as a DynamicImporter)")]
    public void The_decline_and_the_remedy_say_that_the_importer_is_static(string acceptance, string wanted, string remedy)
    {
        DmaBuf.Negotiation refused = Replay("\"dynamic\":false,", acceptance);
        Assert.Equal(new MatchDecline("peer-to-peer", "Required", wanted), Assert.Single(refused.Pairs).Decline);
        Assert.Equal(remedy, Assert.Single(refused.Remedies).Change);
        Assert.False(refused.Parties.ImporterIsDynamic);
    }

    [Fact]
    public void No_remedy_is_named_where_being_dynamic_would_not_help()
        => Assert.Empty(Replay("\"dynamic\":false,", "Accepted", distance: false).Remedies);

    [Theory]
    [InlineData("\"dynamic\":true,")]
    [InlineData("")]
    public void A_description_of_a_dynamic_importer_or_of_before_takes_the_request_at_its_word(string dynamic)
        => Assert.True(Replay(dynamic, "Accepted").Succeeded);

    [Theory]
    [InlineData("\"dynamic\":true,")]
    [InlineData("\"dynamic\":false,")]
    public void A_record_keeps_what_the_importer_was(string dynamic)
    {
        DmaBuf.Negotiation replayed = Replay(dynamic, "Accepted");
        Assert.Equal(replayed.Parties, NegotiationJson.Read(NegotiationJson.Write(replayed)).Parties);
    }

    [Fact]
    public void A_static_importer_whose_request_accepts_peers_cannot_attach_to_them_and_a_dynamic_one_can()
    {
        using DmaBuffer buffer = Export(_peers);
        NegotiationFailedException refused = Assert.Throws<NegotiationFailedException>(() => buffer.Attach(Importer, _accepting));
        Assert.Equal("attach as a DynamicImporter", Assert.Single(refused.Negotiation.Remedies).Change);
        using Attachment attachment = buffer.Attach(new FakeDynamicImporter(), _accepting);
        Assert.True(((ScatterGatherAttachment)attachment).PeerToPeerAllowed);
    }

    [Fact]
    public void An_explanation_and_a_record_are_of_the_importer_that_asks()
    {
        using DmaBuffer buffer = Export(_peers);
        Assert.False(buffer.Explain(Importer, _accepting).Succeeded);
        Assert.True(buffer.Explain(new FakeDynamicImporter(), _accepting).Succeeded);
        string record = NegotiationJson.Record(buffer, Importer, _accepting, NegotiationReplay.StandardCodecs);
        Assert.Contains("\"dynamic\": false", record, StringComparison.Ordinal);
        Assert.False(NegotiationReplay.Run(record, NegotiationReplay.StandardCodecs).Succeeded);
    }

    [Fact]
    public void An_attachment_of_a_static_importer_says_that_it_accepts_no_peers()
    {
        using DmaBuffer buffer = Export(ScatterGatherMappingType.Offer(new NoTableOperations()));
        using ScatterGatherAttachment attachment = (ScatterGatherAttachment)buffer.Attach(Importer, _accepting);
        Assert.False(attachment.ImporterAcceptsPeerToPeer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_type_sees_what_the_importer_is(bool dynamic)
    {
        FakeType type = new();
        bool? seen = null;
        type.Answer("offer", "request", (in MatchContext context) =>
        {
            seen = context.ImporterIsDynamic;
            return context.Accept(MappingCost.None);
        });
        VerdictLog log = default;
        Matcher.Match(4096, [type.Offer()], [type.Request()], ref log, dynamic);
        log.Return();
        Assert.Equal(dynamic, seen);
    }

    private static DmaBuf.Negotiation Replay(string dynamic, string acceptance, bool distance = true)
    {
        string path = distance ? """ "path":"BusAddress","distance":2 """ : """ "path":"NotSupported" """;
        string offer = $$"""{"type":"ScatterGatherTable","peerToPeer":"RequiresDistance","device":"0000:03:00.0","routes":[{"client":"0000:04:00.0",{{path}}}]}""";
        string request = $$"""{"type":"ScatterGatherTable","device":"nic","pciAddress":"0000:04:00.0","peerToPeer":"{{acceptance}}"}""";
        return NegotiationReplay.Run(
            "{\"buffer\":{\"name\":\"b\",\"size\":4096},\"exporter\":{\"name\":\"e\",\"offers\":[" + offer + "]},\"importer\":{\"name\":\"i\"," + dynamic
                + "\"requests\":[" + request + "]}}",
            NegotiationReplay.StandardCodecs);
    }

    private MatchOutcome Match(bool dynamic, MappingOfferList offers)
    {
        VerdictLog log = default;
        MatchOutcome outcome = Matcher.Match(4096, offers, _accepting, ref log, dynamic);
        log.Return();
        return outcome;
    }
}
