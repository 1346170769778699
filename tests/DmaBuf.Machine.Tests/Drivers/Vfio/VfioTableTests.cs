namespace DmaBuf.Machine.Tests;

/// <summary>The second offer: a table for importers that take no physical addresses, for peers that have a path alone (spec 7.2).</summary>
public sealed class VfioTableTests : IDisposable
{
    private const ulong Page = VfioBench.Page;

    private readonly VfioBench _bench = new();
    private readonly LettingGo _peer = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, PeerToPeerMapType> Paths => new()
    {
        { SampleMachine.PeerEngine, PeerToPeerMapType.BusAddress },
        { SampleMachine.IommuEngine, PeerToPeerMapType.ThroughHostBridge },
        { SampleMachine.DirectEngine, PeerToPeerMapType.ThroughHostBridge },
    };

    public void Dispose() => _bench.Dispose();

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_peer_reaches_the_ranges_in_their_order_lets_go_at_a_reset_and_maps_again(string name, PeerToPeerMapType path)
    {
        DmaEngineDevice engine = Unbound(name);
        using DmaBuffer buffer = _bench.Export();
        using ScatterGatherAttachment attachment = buffer.Attach(_peer, ScatterGatherMappingType.Request(engine, PeerToPeerAcceptance.Accepted));
        Assert.Equal((1, true), (attachment.OfferIndex, attachment.PeerToPeerAllowed));
        _peer.Mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
        DmaRange[] table = TableOf(_peer.Mapping);
        byte[] bytes = Expect.Pattern(3 * (int)Page);
        engine.Write(table, bytes);
        Assert.Equal((bytes[0], bytes[(int)Page]), (_bench.ByteOfBar(8 * Page), _bench.ByteOfBar(0)));
        Assert.Equal(path == PeerToPeerMapType.BusAddress, table[0].Start.Value - _bench.Bar.BusRange.Start.Value < SampleMachine.GpuBarLength);
        VfioTransition reset = await _bench.Device.ResetAsync(VfioBench.Patience, Cancel);
        Assert.Equal((RevokeOutcome.Drained, InvalidateReason.Unrevoke, 0), (reset.Outcome, _peer.Told!.Value, attachment.LiveMappings));

        Assert.False(VfioBench.Reaches(engine, table[0].Start));
        using ScatterGatherMapping again = attachment.MapScatterGather(DmaDirection.Bidirectional);
        Assert.Equal(table.Length, TableOf(again).Length);
        if (path == PeerToPeerMapType.BusAddress)
        {
            Assert.Equal(table, TableOf(again));
        }

        Assert.True(VfioBench.Reaches(engine, TableOf(again)[0].Start));
    }

    [Fact]
    public void An_importer_that_takes_both_is_given_addresses_because_the_exporters_order_decides()
    {
        using DmaBuffer buffer = _bench.Export();
        using Attachment attachment = buffer.Attach(
            _peer,
            [
                ScatterGatherMappingType.Request(_bench.Machine.GetEngine(SampleMachine.DirectEngine), PeerToPeerAcceptance.Accepted),
                PhysicalAddressListMappingType.Request(_bench.Access),
            ]);
        Assert.IsType<PhysicalAddressListAttachment>(attachment);
        Assert.Equal((0, 1), (attachment.OfferIndex, attachment.RequestIndex));
    }

    [Theory]
    [InlineData(SampleMachine.PlatformEngine, PeerToPeerAcceptance.Accepted, true, "peer-to-peer route")]
    [InlineData(SampleMachine.DirectEngine, PeerToPeerAcceptance.NotAccepted, true, "peer-to-peer")]
    [InlineData(SampleMachine.DirectEngine, PeerToPeerAcceptance.Accepted, false, "peer-to-peer")]
    public void Whoever_has_no_path_or_takes_no_peers_is_EINVAL_with_the_property_and_powers_nothing(
        string name, PeerToPeerAcceptance acceptance, bool dynamic, string property)
    {
        using DmaBuffer buffer = _bench.Export();
        DmaBufferImporter importer = dynamic ? _peer : new DmaBufferImporter("static");
        NegotiationFailedException failed = Assert.Throws<NegotiationFailedException>(
            () => buffer.Attach(importer, ScatterGatherMappingType.Request(_bench.Machine.GetEngine(name), acceptance)));
        Assert.Equal((Errno.EINVAL, property), (failed.Errno, Assert.Single(failed.Negotiation.Pairs, static pair => pair.Decline is not null).Decline!.Property));
        Assert.Equal((0, 0), (_bench.Device.PowerReferences, buffer.AttachmentCount));
    }

    [Fact]
    public void A_static_importer_of_addresses_is_EOPNOTSUPP_and_powers_nothing()
    {
        using DmaBuffer buffer = _bench.Export();
        Expect.Fails(Errno.EOPNOTSUPP, () => buffer.Attach(new DmaBufferImporter("static"), PhysicalAddressListMappingType.Request(_bench.Access)));
        Assert.Equal((0, 0), (_bench.Device.PowerReferences, buffer.AttachmentCount));
    }

    [Fact]
    public void A_range_that_is_named_twice_is_two_parts_of_the_buffer_for_the_table_and_for_the_list()
    {
        DmaEngineDevice engine = Unbound(SampleMachine.IommuEngine);
        using DmaBuffer buffer = _bench.Device.CreateBuffer(0, [new BarRange(Page, 2 * Page), new BarRange(Page, Page)], _bench.Options);
        using (ScatterGatherAttachment attachment = buffer.Attach(_peer, ScatterGatherMappingType.Request(engine, PeerToPeerAcceptance.Accepted)))
        using (ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional))
        {
            byte[] seen = new byte[3 * Page];
            byte[] twice = Expect.Pattern((int)Page, seed: 5);
            engine.Write(TableOf(mapping), [.. new byte[2 * Page], .. twice]);
            engine.Read(TableOf(mapping), seen);
            Assert.Equal(twice, seen[..(int)Page]);
        }

        engine.AttachDomain(_bench.Domains[0]);
        DmaAddress iova = _bench.Map(buffer);
        engine.Write(iova, [77]);
        byte[] last = new byte[1];
        engine.Read(new DmaAddress(iova.Value + (2 * Page)), last);
        Assert.Equal(77, last[0]);
    }

    [Fact]
    public async Task A_peer_that_does_not_let_go_by_the_deadline_keeps_the_buffer_in_quarantine()
    {
        LateImporter late = new();
        using DmaBuffer buffer = _bench.Export();
        using ScatterGatherAttachment attachment = buffer.Attach(
            late, ScatterGatherMappingType.Request(_bench.Machine.GetEngine(SampleMachine.DirectEngine), PeerToPeerAcceptance.Accepted));
        ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
        VfioTransition reset = await _bench.Device.ResetAsync(TimeSpan.Zero, Cancel);
        Assert.Equal((RevokeOutcome.Quarantined, 1), (reset.Outcome, reset.StayedRevoked.Count));
        mapping.Dispose();
        Assert.Empty((await _bench.Device.EnableMemorySpaceAsync(Cancel)).StayedRevoked);
        attachment.MapScatterGather(DmaDirection.Bidirectional).Dispose();
        _bench.Problems = 1;
    }

    private DmaEngineDevice Unbound(string name)
    {
        DmaEngineDevice engine = _bench.Machine.GetEngine(name);
        if (name == SampleMachine.IommuEngine)
        {
            engine.DetachDomain();
        }

        return engine;
    }

    private static DmaRange[] TableOf(ScatterGatherMapping mapping)
    {
        using ScatterGatherLease lease = mapping.ReadTable();
        return Array.ConvertAll(lease.Entries.ToArray(), static entry => new DmaRange(entry.Address, entry.Length));
    }
}
