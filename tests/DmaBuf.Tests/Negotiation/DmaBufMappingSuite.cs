using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Negotiation;

/// <summary>The kernel's unit suite <c>dma-buf-mapping</c> (patch 26, spec section 8), case by case, with its third part of match_fail mended (D-28).</summary>
public sealed class DmaBufMappingSuite : BufferFixture
{
    private readonly FakeType _a = new("A");
    private readonly FakeType _b = new("B");

    [Fact]
    public void Match_fail_1_no_offers()
    {
        using DmaBuffer buffer = Export();
        AssertFails(Errno.EINVAL, buffer, [_a.Request()]);
        AssertCalls(0, 0);
    }

    [Fact]
    public void Match_fail_2_no_requests()
    {
        using DmaBuffer buffer = Export(_a.Offer());
        AssertFails(Errno.EINVAL, buffer, []);
        AssertCalls(0, 0);
    }

    [Fact]
    public void Match_fail_3_different_types()
    {
        using DmaBuffer buffer = Export(_b.Offer());
        AssertFails(Errno.EINVAL, buffer, [_a.Request()]);
        AssertCalls(0, 0);
    }

    [Fact]
    public void Match_no_match_callback_accepts_and_finishes_once_with_that_pair()
    {
        FakeRulelessType type = new();
        using DmaBuffer buffer = Export(type.Offer("o0"));
        using Attachment attachment = buffer.Attach(Importer, type.Request("r0"));
        Assert.Equal(("o0", "r0"), Assert.Single(type.FinishCalls));
        Assert.Equal((0, 0), (attachment.OfferIndex, attachment.RequestIndex));
    }

    [Fact]
    public void Match_callback_returns_1_soft_refusal_is_EINVAL_in_the_end()
    {
        _a.Decline("offer", "request");
        using DmaBuffer buffer = Export(_a.Offer());
        AssertFails(Errno.EINVAL, buffer, [_a.Request()]);
        AssertCalls(1, 0);
    }

    [Fact]
    public void Match_callback_returns_2_other_errors_end_the_negotiation()
    {
        _a.Abort("offer", "request", Errno.ENOMEM);
        using DmaBuffer buffer = Export(_a.Offer());
        AssertFails(Errno.ENOMEM, buffer, [_a.Request()]);
        AssertCalls(1, 0);
    }

    [Fact]
    public void Match_exporter_priority_1() => AssertChosen(0, 0, [_a.Offer(), _b.Offer()], [_a.Request(), _b.Request()]);

    [Fact]
    public void Match_exporter_priority_2() => AssertChosen(0, 1, [_b.Offer(), _a.Offer()], [_a.Request(), _b.Request()]);

    [Fact]
    public void Match_importer_priority_1() => AssertChosen(1, 0, [_a.Offer(), _b.Offer()], [_b.Request()]);

    [Fact]
    public void Match_importer_priority_2() => AssertChosen(0, 1, [_a.Offer(), _b.Offer()], [_b.Request(), _a.Request()]);

    [Fact]
    public void Mock_attach_takes_the_mock_type_of_an_exporter_with_two_offers()
    {
        FakeExporter exporter = new(_a.Offer(), _b.Offer());
        DmaBuffer buffer = Export(exporter);
        FakeAttachment attachment = buffer.Attach(new FakeDynamicImporter(), _a.Request());
        Assert.Same(_a, attachment.Type);
        Assert.Equal(1, buffer.AttachmentCount);
        attachment.Detach();
        buffer.Dispose();
        Assert.Equal(["attach", "detach", "release"], exporter.Trace);
    }

    private void AssertChosen(int offer, int request, MappingOffer[] offers, MappingRequestList requests)
    {
        using DmaBuffer buffer = Export(offers);
        using Attachment attachment = buffer.Attach(Importer, requests);
        Assert.Equal((offer, request), (attachment.OfferIndex, attachment.RequestIndex));
        Assert.Same(offers[offer].Type, attachment.Type);
    }

    private void AssertFails(Errno errno, DmaBuffer buffer, MappingRequestList requests)
    {
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(() => buffer.Attach(Importer, requests));
        Assert.Equal(errno, failure.Errno);
        Assert.Equal(0, buffer.AttachmentCount);
    }

    private void AssertCalls(int matches, int finishes)
    {
        Assert.Equal(matches, _a.MatchCalls.Count + _b.MatchCalls.Count);
        Assert.Equal(finishes, _a.FinishCalls.Count + _b.FinishCalls.Count);
    }
}
