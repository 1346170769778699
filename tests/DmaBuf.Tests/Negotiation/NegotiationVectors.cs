using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Negotiation;

/// <summary>The vectors of spec B.5 that need no scatter/gather type (1 to 10, and 17 through Attach); the others stand beside that type.</summary>
public sealed class NegotiationVectors : BufferFixture
{
    private readonly FakeType _a = new("A");
    private readonly FakeType _b = new("B");

    [Fact]
    public void Vector_01() => AssertChosen(0, 0, 1, [_a.Offer("A")], [_a.Request("A")]);

    [Fact]
    public void Vector_02() => AssertChosen(0, 1, 1, [_a.Offer("A"), _b.Offer("B")], [_b.Request("B"), _a.Request("A")]);

    [Fact]
    public void Vector_03() => AssertChosen(1, 0, 1, [_a.Offer("A"), _b.Offer("B")], [_b.Request("B")]);

    [Fact]
    public void Vector_04()
    {
        _a.Decline("A", "A");
        AssertChosen(1, 1, 2, [_a.Offer("A"), _b.Offer("B")], [_a.Request("A"), _b.Request("B")]);
    }

    [Fact]
    public void Vector_05()
    {
        _a.Abort("A", "A", Errno.ENOMEM);
        AssertFails(Errno.ENOMEM, 1, [_a.Offer("A"), _b.Offer("B")], [_a.Request("A"), _b.Request("B")]);
    }

    [Fact]
    public void Vector_06()
    {
        _a.Decline("A", "A");
        _b.Decline("B", "B");
        AssertFails(Errno.EINVAL, 2, [_a.Offer("A"), _b.Offer("B")], [_a.Request("A"), _b.Request("B")]);
    }

    [Fact]
    public void Vector_07()
    {
        _a.Decline("A", "A1");
        _a.Decline("A", "A2");
        AssertChosen(1, 0, 3, [_a.Offer("A"), _a.Offer("A'")], [_a.Request("A1"), _a.Request("A2")]);
    }

    [Fact]
    public void Vector_08()
    {
        _a.Decline("A", "A1");
        AssertChosen(0, 1, 2, [_a.Offer("A"), _a.Offer("A'")], [_a.Request("A1"), _a.Request("A2")]);
    }

    [Fact]
    public void Vector_09() => AssertFails(Errno.EINVAL, 0, [], [_a.Request("A")]);

    [Fact]
    public void Vector_10() => AssertFails(Errno.EINVAL, 0, [_a.Offer("A")], []);

    [Fact]
    public void Vector_17_a_refusing_exporter_is_heard_unchanged_through_Attach()
    {
        FakeExporter exporter = new(OfferSource.Computed(static _ => OfferAnswer.Refuse(Errno.EOPNOTSUPP, "nobody may map this")));
        using DmaBuffer buffer = Export(exporter);
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(() => buffer.Attach(Importer, _a.Request("A")));
        Assert.Equal(Errno.EOPNOTSUPP, failure.Errno);
        Assert.Contains("nobody may map this", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_a.MatchCalls);
    }

    private void AssertChosen(int offer, int request, int calls, MappingOffer[] offers, MappingRequestList requests)
    {
        using DmaBuffer buffer = Export(offers);
        using Attachment attachment = buffer.Attach(Importer, requests);
        Assert.Equal((offer, request), (attachment.OfferIndex, attachment.RequestIndex));
        Assert.Equal(calls, _a.MatchCalls.Count + _b.MatchCalls.Count);
        Assert.Equal(1, _a.FinishCalls.Count + _b.FinishCalls.Count);
    }

    private void AssertFails(Errno errno, int calls, MappingOffer[] offers, MappingRequestList requests)
    {
        using DmaBuffer buffer = Export(offers);
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(() => buffer.Attach(Importer, requests));
        Assert.Equal(errno, failure.Errno);
        Assert.Equal(calls, _a.MatchCalls.Count + _b.MatchCalls.Count);
        Assert.Empty(_a.FinishCalls);
        Assert.Empty(_b.FinishCalls);
    }
}
