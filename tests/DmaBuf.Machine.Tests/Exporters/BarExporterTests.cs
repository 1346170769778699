namespace DmaBuf.Machine.Tests;

/// <summary>Both exporters of a BAR: the list with converters, and the explicit table for peers.</summary>
public sealed class BarExporterTests
{
    private static readonly DmaBufferImporter Static = new("static device");

    private readonly ExporterBench _bench = new();

    public static TheoryData<bool, string, PeerToPeerMapType> Paths => new()
    {
        { false, SampleMachine.PeerEngine, PeerToPeerMapType.BusAddress },
        { true, SampleMachine.PeerEngine, PeerToPeerMapType.BusAddress },
        { false, SampleMachine.IommuEngine, PeerToPeerMapType.ThroughHostBridge },
        { true, SampleMachine.IommuEngine, PeerToPeerMapType.ThroughHostBridge },
        { false, SampleMachine.DirectEngine, PeerToPeerMapType.ThroughHostBridge },
        { true, SampleMachine.DirectEngine, PeerToPeerMapType.ThroughHostBridge },
    };

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_peer_moves_bytes_by_the_path_that_the_tree_has(bool listed, string name, PeerToPeerMapType path)
    {
        DmaEngineDevice engine = _bench.Machine.GetEngine(name);
        using (DmaBuffer buffer = listed ? _bench.Bar() : _bench.PeerBar())
        {
            using ScatterGatherAttachment attachment = buffer.Attach(
                new LettingGo(), ScatterGatherMappingType.Request(engine, PeerToPeerAcceptance.Accepted));
            DmaRange[] table;
            using (ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional))
            {
                table = ExporterBench.RangesOf(mapping);
                _bench.MoveBothWays(engine, buffer, table);
                Assert.Equal(path == PeerToPeerMapType.BusAddress, table[0].Start.Value - _bench.GpuBar.BusRange.Start.Value < SampleMachine.GpuBarLength);
            }

            _bench.ExpectUnreachable(engine, table);
        }

        _bench.ExpectNothingLeft();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_importer_that_takes_no_peers_is_declined_with_both_values(bool listed)
    {
        using DmaBuffer buffer = listed ? _bench.Bar() : _bench.PeerBar();
        Negotiation negotiation = buffer.Explain(Static, ScatterGatherMappingType.Request(_bench.Machine.GetEngine(SampleMachine.IommuEngine)));
        MatchDecline decline = Assert.Single(negotiation.Pairs, static pair => pair.Decline is not null).Decline!;
        Assert.Equal("peer-to-peer", decline.Property);
    }

    [Fact]
    public void A_static_importer_of_addresses_is_refused_because_the_device_may_be_reset()
    {
        using PhysicalAddressAccess access = PhysicalAddressAccess.Grant("test");
        using DmaBuffer buffer = _bench.Bar();
        Expect.Fails(Errno.EOPNOTSUPP, () => buffer.Attach(Static, PhysicalAddressListMappingType.Request(access)));
        using PhysicalAddressListAttachment attachment = buffer.Attach(new LettingGo(), PhysicalAddressListMappingType.Request(access));
        Assert.Equal(PhysicalMemoryKind.Mmio, attachment.Kind);
    }

    [Fact]
    public async Task A_static_owner_of_a_page_table_is_served_and_cut_off_by_a_revoke()
    {
        DmaEngineDevice engine = _bench.Machine.GetEngine(SampleMachine.IommuEngine);
        SoftwareIommuDomain domain = _bench.Machine.GetIommu(SampleMachine.Iommu).CreateDomain("guest");
        engine.AttachDomain(domain);
        using (DmaBuffer buffer = _bench.Bar())
        {
            using IommuDomainAttachment attachment = buffer.Attach(Static, IommuDomainMappingType.Request(domain));
            using IommuDomainMapping mapping = attachment.MapIommuDomain(new DmaAddress(0x40_0000), DmaDirection.Bidirectional);
            _bench.MoveBothWays(engine, buffer, [mapping.Range]);
            RevokeReport report = await buffer.RevokeAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
            Assert.Equal(RevokeOutcome.Forced, report.Outcome);
            _bench.ExpectUnreachable(engine, [mapping.Range]);
        }

        Assert.Equal(0UL, domain.MappedBytes);
        _bench.ExpectNothingLeft();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_revoke_tells_the_peer_which_lets_go(bool listed)
    {
        LettingGo peer = new();
        DmaEngineDevice engine = _bench.Machine.GetEngine(SampleMachine.DirectEngine);
        using (DmaBuffer buffer = listed ? _bench.Bar() : _bench.PeerBar())
        {
            using ScatterGatherAttachment attachment = buffer.Attach(peer, ScatterGatherMappingType.Request(engine, PeerToPeerAcceptance.Accepted));
            peer.Mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
            DmaRange[] table = ExporterBench.RangesOf(peer.Mapping);
            RevokeReport report = await buffer.RevokeAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            Assert.Equal((RevokeOutcome.Drained, InvalidateReason.Revoke), (report.Outcome, peer.Told!.Value));
            _bench.ExpectUnreachable(engine, table);
            Expect.Fails(Errno.ENODEV, () => attachment.MapScatterGather(DmaDirection.ToDevice));
        }

        _bench.ExpectNothingLeft();
    }

    [Theory]
    [InlineData(0UL, 0UL)]
    [InlineData(4095UL, 4096UL)]
    [InlineData(0UL, 4097UL)]
    [InlineData(SampleMachine.GpuBarLength, 4096UL)]
    [InlineData(4096UL, 0xFFFF_FFFF_FFFF_F000UL)]
    public void A_part_that_is_not_whole_pages_inside_the_BAR_is_refused(ulong offset, ulong length)
    {
        Expect.Fails(Errno.EINVAL, () => BarExporter.Export(_bench.Machine, _bench.GpuBar, offset, length));
        Expect.Fails(Errno.EINVAL, () => PeerToPeerBarExporter.Export(_bench.Machine, _bench.GpuBar, offset, length));
    }

    [Fact]
    public void A_BAR_of_another_machine_is_refused()
        => Expect.Fails(Errno.EINVAL, () => BarExporter.Export(SoftwareMachine.CreateSample(), _bench.GpuBar, 0, 4096));

    [Fact]
    public void A_BAR_without_peer_to_peer_serves_owners_of_page_tables_alone()
    {
        SoftwareMachineBuilder builder = new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x1000_0000), 0x10_000).AddIommu("iommu");
        builder.AddHostBridge(PciHostBridgePolicy.Listed).AddRootPort().AddEndpoint("gpu").AddBar(0x10_000, peerToPeer: false);
        SoftwareMachine machine = builder.Build();
        PciBar bar = machine.GetPciFunction("gpu").Bars[0];
        Expect.Fails(Errno.EOPNOTSUPP, () => PeerToPeerBarExporter.Export(machine, bar, 0, 4096));
        using DmaBuffer buffer = BarExporter.Export(machine, bar, 0, 4096);
        using IommuDomainAttachment attachment = buffer.Attach(Static, IommuDomainMappingType.Request(machine.GetIommu("iommu").CreateDomain("guest")));
        Assert.Equal(Revocability.Enforced, attachment.Revocability);
        Assert.Equal(["IommuDomain"], Assert.Single(buffer.Explain(Static, IommuDomainMappingType.Request(attachment.Domain)).Offers).ConvertibleTo);
    }
}
