using System.Runtime.InteropServices;
using DmaBuf.Tests.Fakes;
using Trace = DmaBuf.Negotiation;

namespace DmaBuf.Tests.Negotiation;

/// <summary>The JSON form: what is written is read back equal, a record replays to the same result, and hostile text is EINVAL with its place.</summary>
public sealed class NegotiationJsonTests : BufferFixture
{
    private const string Minimal =
        """{"buffer":{"name":"b","size":4096},"exporter":{"name":"e","offers":[OFFERS]},"importer":{"name":"i","requests":[REQUESTS]}}""";

    [Fact]
    public void What_was_written_is_read_back_equal()
    {
        foreach (Trace negotiation in Samples())
        {
            string written = NegotiationJson.Write(negotiation);
            Trace read = NegotiationJson.Read(written);
            Assert.Equal(written, NegotiationJson.Write(read));
            Assert.Equal(negotiation.ToString(), read.ToString());
            Assert.Equal(negotiation.Agreed, read.Agreed);
            Assert.Equal(negotiation.ImporterPreferred, read.ImporterPreferred);
            Assert.Equal(negotiation.Remedies, read.Remedies);
        }
    }

    [Fact]
    public void A_record_with_facts_replays_to_the_same_result()
    {
        foreach ((MappingOffer[] offers, MappingRequestList requests) in Cases())
        {
            using DmaBuffer buffer = Export(offers);
            string record = NegotiationJson.Record(buffer, Importer, requests, NegotiationReplay.StandardCodecs);
            Trace recorded = NegotiationJson.Read(record);
            Trace replayed = NegotiationReplay.Run(record, NegotiationReplay.StandardCodecs);
            Assert.Equal(NegotiationJson.Write(recorded), NegotiationJson.Write(replayed));
        }
    }

    [Fact]
    public void A_recorded_refusal_replays_as_that_refusal()
    {
        FakeExporter exporter = new(OfferSource.Computed(static _ => OfferAnswer.Refuse(Errno.EBUSY, "the card is asleep")));
        using DmaBuffer buffer = Export(exporter);
        string record = NegotiationJson.Record(buffer, Importer, [CpuMappingType.Request()], NegotiationReplay.StandardCodecs);
        Trace replayed = NegotiationReplay.Run(record, NegotiationReplay.StandardCodecs);
        Assert.Equal(Errno.EBUSY, replayed.Errno);
        Assert.Equal("the card is asleep", replayed.Reason);
    }

    [Fact]
    public void A_type_without_codec_is_shown_but_not_replayed()
    {
        FakeType stranger = new("Stranger");
        using DmaBuffer buffer = Export(stranger.Offer("its words"), CpuMappingType.Offer(new NoCpu()));
        string record = NegotiationJson.Record(buffer, Importer, [stranger.Request("wish"), CpuMappingType.Request()], NegotiationReplay.StandardCodecs);
        Trace replayed = NegotiationReplay.Run(record, NegotiationReplay.StandardCodecs);
        Assert.Equal("its words", replayed.Offers[0].Description);
        Assert.Equal("replay", replayed.Pairs[0].Decline?.Property);
        Assert.Equal("Cpu", replayed.Requests[replayed.Agreed!.Request].Type);
    }

    [Fact]
    public void A_decoded_offer_has_no_operations()
    {
        MappingTypeCodec codec = NegotiationReplay.StandardCodecs[0];
        using System.Text.Json.JsonDocument document = System.Text.Json.JsonDocument.Parse("{}");
        using DmaBuffer buffer = Export(codec.DecodeOffer(new NegotiationFacts(document.RootElement, "offer")));
        using CpuAttachment attachment = buffer.Attach(Importer, CpuMappingType.Request());
        DmaBufException refused = Assert.Throws<DmaBufException>(() => attachment.MapCpu(TestContext.Current.CancellationToken));
        Assert.Equal(Errno.EOPNOTSUPP, refused.Errno);
    }

    [Fact]
    public void A_route_that_the_description_does_not_name_declines_the_pair()
    {
        Trace negotiation = Replay(
            """{"type":"ScatterGatherTable","peerToPeer":"RequiresDistance","device":"0000:01:00.0"}""",
            """{"type":"ScatterGatherTable","device":"nic","pciAddress":"0000:02:00.0","peerToPeer":"Accepted"}""");
        Assert.Equal("peer-to-peer route", negotiation.Pairs[0].Decline?.Property);
    }

    [Theory]
    [InlineData("", "line 1, byte 1")]
    [InlineData("[]", "the top")]
    [InlineData("{", "line 1, byte 2")]
    [InlineData("""{"buffer":{"name":"b","size":1},"buffer":{}}""", "line 1")]
    [InlineData("""{"\ud800":1,"\ud800":2}""", "line 1")]
    [InlineData("""{"format":"other/9"}""", "format")]
    [InlineData("""{"buffer":{"name":"b"},"exporter":{},"importer":{}}""", "buffer.size")]
    [InlineData("""{"buffer":{"name":"b","size":-1},"exporter":{},"importer":{}}""", "buffer.size")]
    [InlineData("""{"buffer":{"name":"b","size":1e99},"exporter":{},"importer":{}}""", "buffer.size")]
    [InlineData("""{"buffer":{"name":"\ud800","size":1},"exporter":{},"importer":{}}""", "buffer.name")]
    [InlineData("""{"buffer":{"name":"b","size":1},"exporter":{"name":"e","offers":{}},"importer":{"name":"i"}}""", "exporter.offers")]
    [InlineData("""{"buffer":{"name":"b","size":1},"exporter":{"name":"e"},"importer":{"name":"i"},"extra":1}""", "extra")]
    public void Text_that_is_no_description_names_its_place(string json, string place) => AssertRefusedAt(json, place);

    [Theory]
    [InlineData("""{"type":"Cpu","acess":"Read"}""", "exporter.offers[0].acess")]
    [InlineData("""{"type":"Cpu","access":"Execute"}""", "exporter.offers[0].access")]
    [InlineData("""{"type":"Cpu","access":"1"}""", "exporter.offers[0].access")]
    [InlineData("""{"type":"Cpu","cost":["Copy","Copy,Bounce"]}""", "exporter.offers[0].cost[1]")]
    [InlineData("""{"type":"Cpu","version":0}""", "exporter.offers[0].version")]
    [InlineData("""{"type":" "}""", "exporter.offers[0].type")]
    [InlineData("""{"type":"Descriptor","sizeGranularity":3}""", "exporter.offers[0].sizeGranularity")]
    [InlineData("""{"type":"Descriptor","kind":"Any"}""", "exporter.offers[0]")]
    [InlineData("""{"type":"IommuDomain","granularity":0}""", "exporter.offers[0].granularity")]
    [InlineData("""{"type":"ScatterGatherTable","routes":[{}]}""", "exporter.offers[0].routes")]
    [InlineData("""{"type":"Cpu","converted":[{"type":"X"}]}""", "exporter.offers[0].converted")]
    [InlineData("""{"type":"X","converted":[{"type":"X"}]}""", "exporter.offers[0].converted")]
    public void A_fact_that_cannot_be_names_its_place(string offer, string place)
        => AssertRefusedAt(Minimal.Replace("OFFERS", offer, StringComparison.Ordinal).Replace("REQUESTS", string.Empty, StringComparison.Ordinal), place);

    [Fact]
    public void Written_again_a_record_has_lost_its_facts_alone()
    {
        foreach ((MappingOffer[] offers, MappingRequestList requests) in Cases())
        {
            using DmaBuffer buffer = Export(offers);
            Trace read = NegotiationJson.Read(NegotiationJson.Record(buffer, Importer, requests, NegotiationReplay.StandardCodecs));
            Assert.Equal(NegotiationJson.Write(buffer.Explain(Importer, requests)), NegotiationJson.Write(read));
        }
    }

    [Fact]
    public void Cutting_a_record_anywhere_is_refused_and_never_misread()
    {
        string whole = NegotiationJson.Write(Samples().First());
        for (int length = 0; length < whole.TrimEnd().Length; length++)
        {
            Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => NegotiationJson.Read(whole[..length])).Errno);
        }
    }

    private static void AssertRefusedAt(string json, string place)
    {
        DmaBufException refused = Assert.Throws<DmaBufException>(() => NegotiationReplay.Run(json, NegotiationReplay.StandardCodecs));
        Assert.Equal(Errno.EINVAL, refused.Errno);
        Assert.Contains($"'{place}'", refused.Message, StringComparison.Ordinal);
    }

    private static Trace Replay(string offer, string request) => NegotiationReplay.Run(
        Minimal.Replace("OFFERS", offer, StringComparison.Ordinal).Replace("REQUESTS", request, StringComparison.Ordinal), NegotiationReplay.StandardCodecs);

    private static IEnumerable<(MappingOffer[] Offers, MappingRequestList Requests)> Cases()
    {
        MappingOffer cpu = CpuMappingType.Offer(new NoCpu(), CpuAccess.Read, CpuCoherency.NeedsMaintenance, MappingCost.Copy);
        MappingOffer descriptor = DescriptorMappingType.Offer(
            new NoDescriptor(),
            new DescriptorFacts { Kind = DescriptorKind.MemoryFile, Memory = DescriptorMemory.Ram, ExporterName = "memfd", Seals = DescriptorSeals.Shrink | DescriptorSeals.Seal });
        MappingRequest needs = DescriptorMappingType.Request(new DescriptorNeeds { RequiredSeals = DescriptorSeals.Write, ExporterName = "memfd" });
        MappingRequest write = CpuMappingType.Request(CpuAccess.ReadWrite, CpuCoherency.Coherent, MappingCost.Strict);
        yield return ([cpu, descriptor], [CpuMappingType.Request(), DescriptorMappingType.Request()]);
        yield return ([cpu, descriptor], [CpuMappingType.Request(ceiling: MappingCost.Default | MappingCost.Copy), needs]);
        yield return ([cpu, descriptor], [needs, write]);
        yield return ([cpu], []);
        yield return ([], [write]);
    }

    private IEnumerable<Trace> Samples()
    {
        foreach ((MappingOffer[] offers, MappingRequestList requests) in Cases())
        {
            using DmaBuffer buffer = Export(new FlushingExporter(offers));
            yield return buffer.Explain(Importer, requests);
            if (!buffer.TryAttach(Importer, requests, out Attachment? attachment, out Trace? failure))
            {
                yield return failure;
            }

            attachment?.Dispose();
        }
    }

    private sealed class FlushingExporter(MappingOffer[] offers) : FakeExporter(offers), ICpuAccessExporter
    {
        public void BeginCpuAccess(DmaBuffer buffer, DmaDirection direction)
        {
        }

        public void EndCpuAccess(DmaBuffer buffer, DmaDirection direction)
        {
        }
    }

    private sealed class NoCpu : ICpuOperations
    {
        public CpuMemory MapCpu(CpuAttachment attachment, CpuAccess access, in ReservationLock held)
            => throw new DmaBufException(Errno.ENOMEM, "These tests map nothing.");
    }

    private sealed class NoDescriptor : IDescriptorOperations
    {
        public SafeHandle OpenDescriptor(DescriptorAttachment attachment, in ReservationLock held)
            => throw new DmaBufException(Errno.EMFILE, "These tests open nothing.");
    }
}
