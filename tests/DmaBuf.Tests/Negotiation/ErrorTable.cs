using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.PeerToPeer;

namespace DmaBuf.Tests.Negotiation;

/// <summary>Which errno an importer hears for which refusal, decided once (D-20): exporters that moved to offers changed theirs without saying so.</summary>
public sealed class ErrorTable : BufferFixture
{
    private readonly FakeType _type = new();

    [Theory]
    [InlineData("nobody may attach, by decree", Errno.EOPNOTSUPP)]
    [InlineData("nothing is offered now", Errno.EINVAL)]
    [InlineData("no type in common", Errno.EINVAL)]
    [InlineData("every pair declined", Errno.EINVAL)]
    [InlineData("peers are required and not accepted", Errno.EINVAL)]
    [InlineData("peers are accepted and there is no route", Errno.EINVAL)]
    [InlineData("a rule ended it", Errno.ENOMEM)]
    [InlineData("the exporter's veto", Errno.EBUSY)]
    [InlineData("revoked", Errno.ENODEV)]
    public void An_attach_that_fails_has_the_errno_of_its_row_and_leaves_nothing(string row, Errno errno)
    {
        FakeExporter exporter = Exporter(row);
        using DmaBuffer buffer = Export(exporter);
        if (row == "revoked")
        {
            Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero));
        }

        MappingRequestList requests = [Request(row)];
        DmaBufferImporter importer = new FakeDynamicImporter();
        Assert.Equal(errno, Assert.ThrowsAny<DmaBufException>(() => buffer.Attach(importer, requests)).Errno);
        Assert.False(buffer.TryAttach(importer, requests, out _, out global::DmaBuf.Negotiation? failure));
        Assert.Equal(errno, failure.Errno);
        Assert.Equal((0, 1), (buffer.AttachmentCount, buffer.ReferenceCount));
        Assert.DoesNotContain("detach", exporter.Trace);
    }

    private FakeExporter Exporter(string row) => row switch
    {
        "nobody may attach, by decree" => new FakeExporter(OfferSource.Computed(static _ => OfferAnswer.Refuse(Errno.EOPNOTSUPP, "this memory cannot be mapped"))),
        "nothing is offered now" => new FakeExporter(),
        "no type in common" => new FakeExporter(new FakeType("B").Offer()),
        "peers are required and not accepted" or "peers are accepted and there is no route" => new FakeExporter(ScatterGatherMappingType.OfferPeerToPeer(
            new NoTableOperations(), PeerToPeerRequirement.RequiresDistance, new CountingPciDevice(PeerToPeerMapType.NotSupported, -1))),
        "the exporter's veto" => new FakeExporter(_type.Offer()) { Attaching = static _ => throw new DmaBufException(Errno.EBUSY, "somewhere else") },
        _ => new FakeExporter(_type.Offer()),
    };

    private MappingRequest Request(string row)
    {
        switch (row)
        {
            case "peers are required and not accepted":
                return ScatterGatherMappingType.Request(new NamedDevice());
            case "peers are accepted and there is no route":
                return ScatterGatherMappingType.Request(new NamedDevice(), PeerToPeerAcceptance.Accepted);
            case "every pair declined":
                _type.Decline("offer", "request");
                break;
            case "a rule ended it":
                _type.Abort("offer", "request", Errno.ENOMEM);
                break;
            default:
                break;
        }

        return _type.Request();
    }
}
