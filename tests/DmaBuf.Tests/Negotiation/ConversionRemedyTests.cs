using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Negotiation;

/// <summary>Two conversions of one offer to one type are two pairs: each has its own verdict, and a remedy is made of the very one that was declined.</summary>
public sealed class ConversionRemedyTests : BufferFixture
{
    private readonly FakeType _source = new("Source");
    private readonly FakeType _target = new("Target");

    [Fact]
    public void A_cost_is_asked_of_the_conversion_that_was_declined_for_it()
    {
        _target.Decline("first", "request", "colour");
        _target.Answer("second", "request", static (in MatchContext context) => context.Accept(MappingCost.Copy));
        DmaBuf.Negotiation refused = Explain("first", "second");
        Assert.Equal(["colour", "cost"], refused.Pairs.Where(static pair => pair.Decline is not null).Select(static pair => pair.Decline!.Property));
        Assert.Equal(new NegotiationRemedy("permit the cost Copy", 0, 0, "Target", MappingCost.Copy), Assert.Single(refused.Remedies));
    }

    [Fact]
    public void Each_conversion_has_its_own_cost_to_permit()
    {
        _target.Answer("first", "request", static (in MatchContext context) => context.Accept(MappingCost.Network));
        _target.Answer("second", "request", static (in MatchContext context) => context.Accept(MappingCost.Copy));
        Assert.Equal(["permit the cost Network", "permit the cost Copy"], Explain("first", "second").Remedies.Select(static remedy => remedy.Change));
    }

    [Fact]
    public void An_explanation_judges_each_conversion_behind_the_chosen_one_by_itself()
    {
        _target.Decline("second", "request", "colour");
        _target.Answer("third", "request", static (in MatchContext context) => context.Accept(MappingCost.Migrate));
        DmaBuf.Negotiation explained = Explain("first", "second", "third");
        Assert.Equal(
            [NegotiationPairResult.Agreed, NegotiationPairResult.Declined, NegotiationPairResult.WouldMatch],
            explained.Pairs.Where(static pair => pair.ConvertedTo is not null).Select(static pair => pair.Result));
        Assert.Equal(MappingCost.Migrate, explained.Pairs[^1].Cost);
    }

    private DmaBuf.Negotiation Explain(params string[] converted)
    {
        using DmaBuffer buffer = Export(_source.OfferConvertible("source", [.. converted.Select(_target.Offer)]));
        return buffer.Explain(Importer, _target.Request());
    }
}
