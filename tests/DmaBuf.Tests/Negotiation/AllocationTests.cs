using System.Runtime.CompilerServices;
using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Negotiation;

/// <summary>In steady state a negotiation allocates nothing, and an attach the attachment alone.</summary>
public sealed class AllocationTests : BufferFixture
{
    private const int Rounds = 200;

    private readonly QuietType _type = new();
    private readonly QuietType _other = new();

    [Fact]
    public void A_negotiation_with_declines_on_its_way_allocates_nothing()
    {
        MappingOfferList offers = [_other.Offer(), _type.Offer()];
        MappingRequestList requests = [_other.Request(1), _type.Request(1), _type.Request(3), _type.Request(2)];
        void Negotiate()
        {
            VerdictLog log = default;
            Assert.True(Matcher.Match(4096, offers, requests, ref log, importerIsDynamic: false).Request == 3);
            log.Return();
        }

        Assert.Equal(0, AllocatedBy(Negotiate));
    }

    [Fact]
    public void A_negotiation_that_fails_allocates_nothing_before_it_is_explained()
    {
        MappingOfferList offers = [_type.Offer()];
        MappingRequestList requests = [_type.Request(1), _type.Request(3)];
        void Negotiate()
        {
            VerdictLog log = default;
            Assert.True(Matcher.Match(4096, offers, requests, ref log, importerIsDynamic: false).Errno == Errno.EINVAL);
            log.Return();
        }

        Assert.Equal(0, AllocatedBy(Negotiate));
    }

    [Fact]
    public void An_attach_allocates_the_attachment_alone_and_a_detach_nothing()
    {
        using DmaBuffer buffer = Export(new FakeExporter(OfferSource.Single(_type.Offer())) { RecordsCalls = false });
        MappingRequest<QuietAttachment> request = _type.Request(2);
        long attachment = AllocatedBy(static () => RuntimeHelpers.GetUninitializedObject(typeof(QuietAttachment)));
        Assert.True(attachment > 0);
        Assert.Equal(attachment, AllocatedBy(() => buffer.Attach(Importer, request).Detach()));
    }

    /// <summary>Bytes of many rounds after the first, by this thread.</summary>
    private static long AllocatedBy(Action work)
    {
        work();
        work();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < Rounds; round++)
        {
            work();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
