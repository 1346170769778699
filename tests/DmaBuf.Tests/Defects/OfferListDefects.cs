using DmaBuf.Tests.Defects.Mutants;
using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.PeerToPeer;

namespace DmaBuf.Tests.Defects;

/// <summary>D-7: an offer list ends where the exporter stopped filling it, and nothing behind that is examined or kept.</summary>
public sealed class OfferListDefects : BufferFixture
{
    private readonly NamedDevice _device = new();

    [Fact]
    public void D_7_an_element_that_was_not_filled_for_this_attach_is_never_examined()
        => DefectProof.Show<PlacementExporter>(
            "what an earlier attach left in the array was examined",
            new PlacementExporter(static (array, filled) => array.AsSpan(0, filled)),
            new PlacementExporter(static (array, _) => array),
            (exporter, defect) =>
            {
                using DmaBuffer buffer = Export(exporter);
                exporter.MayMigrate = true;
                using (ScatterGatherAttachment migratable = buffer.AttachScatterGather(_device))
                {
                    Assert.Equal(1, migratable.OfferIndex);
                }

                exporter.MayMigrate = false;
                bool attached = buffer.TryAttach(
                    Importer, [ScatterGatherMappingType.Request(_device)], out Attachment? attachment, out global::DmaBuf.Negotiation? failure);
                attachment?.Dispose();
                defect.AbsentIf(!attached);
                Assert.Equal(Errno.EINVAL, failure!.Errno);
                Assert.Equal("peer-to-peer", Assert.Single(failure.Pairs).Decline!.Property);
            });

    [Fact]
    public void A_list_does_not_follow_the_array_that_it_was_made_of()
    {
        FakeType first = new("A");
        FakeType later = new("B");
        MappingOffer[] offers = [first.Offer()];
        MappingRequest[] requests = [first.Request()];
        MappingOfferList offered = MappingOfferList.Create(offers);
        MappingRequestList requested = MappingRequestList.Create(requests);
        offers[0] = later.Offer();
        requests[0] = later.Request();
        using DmaBuffer buffer = Export(new FakeExporter(OfferSource.Computed(_ => offered)));
        using Attachment attachment = buffer.Attach(Importer, requested);
        Assert.Same(first, attachment.Type);
        Assert.Empty(later.MatchCalls);
    }
}
