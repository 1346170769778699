using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Negotiation;

/// <summary>How many conversions an offer may have, and that the last of them is found as the first is.</summary>
public sealed class ConversionListTests : BufferFixture
{
    private const int Limit = 1024;

    private readonly FakeType _source = new("Source");
    private readonly FakeType _filler = new("Filler");
    private readonly FakeType _target = new("Target");

    [Fact]
    public void The_last_conversion_of_the_longest_list_is_agreed_on()
    {
        using DmaBuffer buffer = Export(_source.OfferConvertible("source", [.. Enumerable.Repeat(_filler.Offer(), Limit - 1), _target.Offer("last")]));
        using FakeAttachment attachment = buffer.Attach(Importer, _target.Request());
        Assert.Same(_target, attachment.Type);
        Assert.Equal([("last", "request")], _target.FinishCalls);
    }

    [Theory]
    [InlineData(Limit + 1)]
    [InlineData(40_000)]
    public void More_conversions_than_the_limit_are_refused_when_the_offer_is_made(int count)
        => Assert.Throws<ArgumentException>(() => _source.OfferConvertible("source", [.. Enumerable.Repeat(_filler.Offer(), count)]));
}
