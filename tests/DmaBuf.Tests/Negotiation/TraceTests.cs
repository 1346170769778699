using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Negotiation;

/// <summary>What a negotiation says of itself: every pair with its verdict, both parties, and only remedies that were tried.</summary>
public sealed class TraceTests : BufferFixture
{
    private readonly FakeType _a = new("A");
    private readonly FakeType _b = new("B");

    [Fact]
    public void Every_pair_is_shown_with_its_verdict_and_pairs_after_an_abort_read_not_tried()
    {
        _a.Decline("a", "x", "colour");
        _a.Abort("a", "y", Errno.EFAULT);
        using DmaBuffer buffer = Export(_a.Offer("a"), _b.Offer("b"));
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(
            () => buffer.Attach(Importer, _a.Request("x"), _a.Request("y"), _b.Request("z")));
        Assert.Equal(Errno.EFAULT, failure.Errno);
        Assert.Equal(
            [
                NegotiationPairResult.Declined, NegotiationPairResult.Aborted, NegotiationPairResult.DifferentType,
                NegotiationPairResult.DifferentType, NegotiationPairResult.DifferentType, NegotiationPairResult.NotTried,
            ],
            failure.Negotiation.Pairs.Select(static pair => pair.Result));
        Assert.Equal(new MatchDecline("colour", "1", "2"), failure.Negotiation.Pairs[0].Decline);
        Assert.Equal((Errno.EFAULT, "programmed"), (failure.Negotiation.Pairs[1].Errno, failure.Negotiation.Pairs[1].Reason));
    }

    [Fact]
    public void The_message_names_both_parties_the_property_and_both_values()
    {
        _a.Decline("a", "x", "colour");
        using DmaBuffer buffer = Export(new FakeExporter(OfferSource.Single(_a.Offer("a")), "vram"), name: "frame");
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(
            () => buffer.Attach(new DmaBufferImporter("display"), _a.Request("x")));
        foreach (string word in new[] { "'frame'", "'vram'", "'display'", "declined for colour: offered 1, wanted 2", "EINVAL" })
        {
            Assert.Contains(word, failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false, true, "the exporter offers nothing")]
    [InlineData(true, false, "the importer requests nothing")]
    [InlineData(true, true, "they have no mapping type in common")]
    public void An_empty_side_and_nothing_in_common_are_told_apart(bool offers, bool requests, string reason)
    {
        using DmaBuffer buffer = Export(offers ? [_a.Offer()] : Array.Empty<MappingOffer>());
        MappingRequestList wanted = requests ? [_b.Request()] : [];
        global::DmaBuf.Negotiation explained = buffer.Explain(Importer, wanted);
        Assert.Equal((Errno.EINVAL, reason), (explained.Errno, explained.Reason));
    }

    [Fact]
    public void An_explanation_shows_what_the_importer_would_have_preferred()
    {
        _b.Cost = MappingCost.IommuMap;
        using DmaBuffer buffer = Export(_a.Offer("a"), _b.Offer("b"));
        global::DmaBuf.Negotiation explained = buffer.Explain(Importer, _b.Request("x"), _a.Request("y"));
        Assert.Equal((0, 1), (explained.Agreed!.Offer, explained.Agreed.Request));
        Assert.Equal((1, 0, MappingCost.IommuMap), (explained.ImporterPreferred!.Offer, explained.ImporterPreferred.Request, explained.ImporterPreferred.Cost));
        Assert.Contains("the importer would have preferred B", explained.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, buffer.AttachmentCount);
        Assert.Empty(_a.FinishCalls);
    }

    [Fact]
    public void Only_a_remedy_that_a_fresh_negotiation_accepted_is_shown()
    {
        _a.Decline("a", "picky");
        _a.Decline("a", "still picky");
        _a.Abort("a", "worse", Errno.EIO);
        _a.Relaxations.Add(new Relaxation<string>("be less picky", "still picky"));
        _a.Relaxations.Add(new Relaxation<string>("be worse", "worse"));
        _a.Relaxations.Add(new Relaxation<string>("be easy", "easy"));
        using DmaBuffer buffer = Export(_a.Offer("a"));
        Assert.False(buffer.TryAttach(Importer, [_a.Request("picky")], out _, out global::DmaBuf.Negotiation? failure));
        Assert.Equal(new NegotiationRemedy("be easy", 0, 0, "A", MappingCost.None), Assert.Single(failure.Remedies));
        Assert.Contains("would help: be easy", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains(("a", "still picky"), _a.MatchCalls);

        // The remedy keeps its promise.
        buffer.Attach(Importer, _a.Request("easy")).Dispose();
    }

    [Fact]
    public void A_cost_beyond_the_ceiling_declines_and_the_core_offers_to_permit_it()
    {
        _a.Cost = MappingCost.Copy | MappingCost.CacheMaintenance;
        using DmaBuffer buffer = Export(_a.Offer());
        Assert.False(buffer.TryAttach(Importer, [_a.Request()], out _, out global::DmaBuf.Negotiation? failure));
        Assert.Equal(new MatchDecline("cost", "CacheMaintenance, Copy", "Default"), Assert.Single(failure.Pairs).Decline);
        Assert.Equal("permit the cost Copy", Assert.Single(failure.Remedies).Change);
        using FakeAttachment attachment = buffer.Attach(Importer, _a.Request(ceiling: MappingCost.Default | MappingCost.Copy));
        Assert.Equal(_a.Cost, attachment.CostBound);
    }

    [Theory]
    [InlineData(MappingCost.Migrate, MappingCost.Default, true)]
    [InlineData(MappingCost.Unknown, MappingCost.Default, true)]
    [InlineData(MappingCost.Bounce, MappingCost.Default, false)]
    [InlineData(MappingCost.Copy, MappingCost.Default, false)]
    [InlineData(MappingCost.Network, MappingCost.Default, false)]
    [InlineData(MappingCost.Migrate, MappingCost.Strict, true)]
    [InlineData(MappingCost.Unknown, MappingCost.Strict, false)]
    public void Without_a_word_nothing_is_copied_and_strict_refuses_what_cannot_be_observed(MappingCost cost, MappingCost ceiling, bool accepted)
    {
        _a.Cost = cost;
        using DmaBuffer buffer = Export(_a.Offer());
        Assert.Equal(accepted, buffer.Explain(Importer, _a.Request(ceiling: ceiling)).Succeeded);
    }

    [Fact]
    public void A_type_that_makes_no_verdict_ends_the_negotiation_with_EINVAL()
    {
        _a.Answer("a", "x", static (in MatchContext _) => default);
        using DmaBuffer buffer = Export(_a.Offer("a"), _b.Offer("b"));
        Assert.False(buffer.TryAttach(Importer, [_a.Request("x"), _b.Request("z")], out _, out global::DmaBuf.Negotiation? failure));
        Assert.Equal(Errno.EINVAL, failure.Errno);
        Assert.Equal((NegotiationPairResult.Aborted, "the mapping type made no verdict"), (failure.Pairs[0].Result, failure.Pairs[0].Reason));
    }

    [Fact]
    public void A_verdict_that_was_kept_from_another_pair_is_no_verdict()
    {
        MatchVerdict kept = default;
        _a.Answer("a", "x", (in MatchContext context) => kept = context.Decline("first", 1, 2));
        _a.Answer("a", "y", (in MatchContext _) => kept);
        using DmaBuffer buffer = Export(_a.Offer("a"));
        Assert.False(buffer.TryAttach(Importer, [_a.Request("x"), _a.Request("y")], out _, out global::DmaBuf.Negotiation? failure));
        Assert.Equal(Errno.EINVAL, failure.Errno);
        Assert.Equal([NegotiationPairResult.Declined, NegotiationPairResult.Aborted], failure.Pairs.Select(static pair => pair.Result));
        Assert.Equal("first", failure.Pairs[0].Decline?.Property);
    }

    [Fact]
    public void A_verdict_that_was_made_and_not_returned_leaves_nothing()
    {
        _a.Answer("a", "x", static (in MatchContext context) =>
        {
            context.Decline("never mind", 1, 2);
            return context.Accept(MappingCost.None);
        });
        using DmaBuffer buffer = Export(_a.Offer("a"));
        using Attachment attachment = buffer.Attach(Importer, _a.Request("x"));
        Assert.Equal(MappingCost.None, attachment.CostBound);
    }

    [Fact]
    public void A_context_that_the_core_did_not_lend_makes_no_verdict()
        => Assert.Throws<InvalidOperationException>(static () => default(MatchContext).Decline("property", 1, 2));

    [Theory]
    [InlineData((byte)200, "200")]
    [InlineData((short)-2, "-2")]
    [InlineData(-3, "-3")]
    [InlineData(long.MinValue, "-9223372036854775808")]
    [InlineData(true, "yes")]
    [InlineData(0.5, "0.5")]
    public void A_declined_value_of_any_size_is_read_back<T>(T value, string text)
        where T : struct
    {
        _a.Answer("a", "x", (in MatchContext context) => context.Decline("size", value, value));
        using DmaBuffer buffer = Export(_a.Offer("a"));
        MatchDecline decline = buffer.Explain(Importer, _a.Request("x")).Pairs[0].Decline!;
        Assert.Equal((text, text), (decline.Offered, decline.Wanted));
    }

    [Fact]
    public void Two_types_with_one_name_are_two_types()
    {
        FakeType twin = new("A");
        using DmaBuffer buffer = Export(_a.Offer());
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(() => buffer.Attach(Importer, twin.Request()));
        Assert.Equal(NegotiationPairResult.DifferentType, Assert.Single(failure.Negotiation.Pairs).Result);
        Assert.Empty(twin.MatchCalls);
    }
}
