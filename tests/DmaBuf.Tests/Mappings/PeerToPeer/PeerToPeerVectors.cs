using DmaBuf.Tests.Conformance;

namespace DmaBuf.Tests.Mappings.PeerToPeer;

/// <summary>
/// The vectors 11 to 16 of spec B.5 on the matcher itself, with its calls: an importer of tables against exporters of lists and of tables, without converters.
/// (A failing attach would look for remedies, and thus ask for the route once more.)
/// </summary>
public sealed class PeerToPeerVectors
{
    private readonly CountingPciDevice _near = new(PeerToPeerMapType.BusAddress, 4);
    private readonly CountingPciDevice _far = new(PeerToPeerMapType.NotSupported, -1);
    private readonly MappingOffer _list = PhysicalAddressListMappingType.Offer(new PhysicalExporterOperations());
    private readonly MappingOffer _plain = ScatterGatherMappingType.Offer(new NoTableOperations());
    private readonly MappingRequest _accepting = ScatterGatherMappingType.Request(new NamedDevice(), PeerToPeerAcceptance.Accepted);
    private readonly MappingRequest _refusing = ScatterGatherMappingType.Request(new NamedDevice());

    [Fact]
    public void Vector_11()
    {
        using PhysicalAddressAccess access = PhysicalAddressAccess.Grant("importer");
        AssertMatch(Errno.None, 0, 1, declined: 0, [_list, Peers(_near)], [_accepting, PhysicalAddressListMappingType.Request(access)]);
        Assert.Equal(0, _near.Asked);
    }

    [Fact]
    public void Vector_12()
    {
        AssertMatch(Errno.None, 1, 0, declined: 0, [_list, Peers(_near)], [_accepting]);
        Assert.Equal(1, _near.Asked);
    }

    [Fact]
    public void Vector_13()
    {
        AssertMatch(Errno.EINVAL, -1, -1, declined: 1, [_list, Peers(_near)], [_refusing]);
        Assert.Equal(0, _near.Asked);
    }

    [Fact]
    public void Vector_14()
    {
        AssertMatch(Errno.None, 1, 0, declined: 1, [Peers(_far), _plain], [_accepting]);
        Assert.Equal(1, _far.Asked);
    }

    [Fact]
    public void Vector_15()
    {
        AssertMatch(Errno.None, 0, 0, declined: 0, [Peers(_near), _plain], [_accepting]);
        Assert.Equal(1, _near.Asked);
    }

    [Fact]
    public void Vector_16()
    {
        AssertMatch(Errno.None, 1, 0, declined: 1, [Peers(_near), _plain], [_refusing]);
        Assert.Equal(0, _near.Asked);
    }

    private static MappingOffer Peers(CountingPciDevice device)
        => ScatterGatherMappingType.OfferPeerToPeer(new NoTableOperations(), PeerToPeerRequirement.RequiresDistance, device);

    private static void AssertMatch(Errno errno, int offer, int request, int declined, MappingOfferList offers, MappingRequestList requests)
    {
        VerdictLog log = default;
        MatchOutcome outcome = Matcher.Match(4096, offers, requests, ref log, importerIsDynamic: true);
        int recorded = log.Records.Length;
        log.Return();
        Assert.Equal((errno, offer, request, declined), (outcome.Errno, outcome.Offer, outcome.Request, recorded));
    }
}
