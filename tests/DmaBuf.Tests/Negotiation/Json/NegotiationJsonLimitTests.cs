using DmaBuf.Tests.Fakes;
using Trace = DmaBuf.Negotiation;

namespace DmaBuf.Tests.Negotiation.Json;

/// <summary>A small document costs little, whoever wrote it, and what could be written can be read.</summary>
public sealed class NegotiationJsonLimitTests : BufferFixture
{
    private readonly FakeType _type = new("Fake");

    [Theory]
    [InlineData(65, 1)]
    [InlineData(1, 65)]
    [InlineData(1024, 16)]
    [InlineData(128, 128)]
    [InlineData(1024, 0)]
    public void A_negotiation_of_long_lists_is_read_as_it_was_written(int offers, int requests)
    {
        Trace negotiation = Explain(offers, requests);
        string written = NegotiationJson.Write(negotiation);
        Assert.Equal(written, NegotiationJson.Write(NegotiationJson.Read(written)));
    }

    [Theory]
    [InlineData(1024, 17)]
    [InlineData(129, 128)]
    public void A_negotiation_of_too_many_pairs_is_written_by_nobody(int offers, int requests)
    {
        Refusal.Expect(Errno.E2BIG, () => NegotiationJson.Write(Explain(offers, requests)));
        using DmaBuffer buffer = Export(Offers(offers));
        Refusal.Expect(Errno.E2BIG, () => NegotiationJson.Record(buffer, Importer, Requests(requests), []));
    }

    [Theory]
    [InlineData(1025, 0, 0, "exporter.offers")]
    [InlineData(0, 0, 1025, "importer.requests")]
    [InlineData(1, 1025, 0, "exporter.offers[0].converted")]
    [InlineData(129, 0, 128, "exporter.offers")]
    [InlineData(16, 64, 16, "exporter.offers")]
    [InlineData(17, 1000, 0, "exporter.offers")]
    public void A_description_of_too_many_pairs_is_refused_before_it_is_negotiated(int offers, int conversions, int requests, string place)
    {
        string json = Describe(offers, conversions, requests);
        DmaBufException[] refused =
        [
            Refusal.Expect(Errno.EINVAL, () => NegotiationReplay.Run(json, [new FakeCodec(_type)])),
            Refusal.Expect(Errno.EINVAL, () => NegotiationJson.Read(json)),
        ];
        Assert.All(refused, exception => Assert.Contains($"'{place}'", exception.Message, StringComparison.Ordinal));
        Assert.Empty(_type.MatchCalls);
    }

    [Theory]
    [InlineData(12, 12, 12)]
    [InlineData(32, 0, 32)]
    public void A_change_is_tried_once_a_request_however_many_pairs_ask_for_it(int offers, int conversions, int requests)
    {
        DeclineAll(requests);
        _type.Relaxations.Add(new Relaxation<string>("be easy", "1"));
        Trace replayed = NegotiationReplay.Run(Describe(offers, conversions, requests), [new FakeCodec(_type)]);
        int pairs = offers * Math.Max(1, conversions) * requests;
        Assert.Equal(pairs * (1 + requests), _type.MatchCalls.Count);
        Assert.Equal((0, false), (replayed.Remedies.Count, replayed.RemediesCutShort));
    }

    [Fact]
    public void A_search_with_too_many_changes_is_cut_short_and_says_so()
    {
        const int Side = 64;
        DeclineAll(Side);
        _type.Relaxations.AddRange(Enumerable.Range(0, 8).Select(static number => new Relaxation<string>($"change {number}", "1")));
        Trace replayed = NegotiationReplay.Run(Describe(Side, 0, Side), [new FakeCodec(_type)]);
        Assert.True(replayed.RemediesCutShort);
        Assert.Equal((Side * Side) + RemedySearch.PairBudget, _type.MatchCalls.Count);
        Assert.Contains("cut short", replayed.ToString(), StringComparison.Ordinal);
        string written = NegotiationJson.Write(replayed);
        Trace read = NegotiationJson.Read(written);
        Assert.True(read.RemediesCutShort);
        Assert.Equal(written, NegotiationJson.Write(read));
    }

    private static string Describe(int offers, int conversions, int requests)
    {
        const string Offer = """{"type":"Fake","data":"o"}""";
        string converted = string.Join(',', Enumerable.Repeat(Offer, conversions));
        string offered = conversions == 0 ? Offer : $$"""{"type":"Other","converted":[{{converted}}]}""";
        return "{\"buffer\":{\"name\":\"b\",\"size\":4096},\"exporter\":{\"name\":\"e\",\"offers\":[" + string.Join(',', Enumerable.Repeat(offered, offers))
            + "]},\"importer\":{\"name\":\"i\",\"requests\":["
            + string.Join(',', Enumerable.Range(0, requests).Select(static number => $$"""{"type":"Fake","data":"{{number}}"}""")) + "]},\"result\":{}}";
    }

    private void DeclineAll(int requests)
    {
        for (int request = 0; request < requests; request++)
        {
            _type.Decline("o", $"{request}");
        }
    }

    private MappingOffer[] Offers(int count) => [.. Enumerable.Repeat(_type.Offer("o"), count)];

    private MappingRequestList Requests(int count) => [.. Enumerable.Range(0, count).Select(number => _type.Request($"{number}"))];

    private Trace Explain(int offers, int requests)
    {
        using DmaBuffer buffer = Export(Offers(offers));
        return buffer.Explain(Importer, Requests(requests));
    }
}
