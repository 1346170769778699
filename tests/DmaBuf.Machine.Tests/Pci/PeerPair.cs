namespace DmaBuf.Machine.Tests;

/// <summary>Two functions below one switch: one with a BAR, and an engine that has a table of its bus addresses; a third behind a root port.</summary>
internal sealed class PeerPair
{
    public PeerPair(PciBarOptions? options = null)
    {
        SoftwareMachineBuilder builder = new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x1000_0000), 0x10_000).AddIommu("iommu");
        PciHostBridgeBuilder bridge = builder.AddHostBridge(PciHostBridgePolicy.Listed);
        PciSwitchBuilder shared = bridge.AddRootPort().AddSwitch();
        shared.AddDownstreamPort().AddEndpoint("provider").AddBar(0x1000, options ?? new PciBarOptions()).AddBar(0x1000, new PciBarOptions());
        shared.AddDownstreamPort().AddEndpoint("peer").WithDmaEngine();
        bridge.AddRootPort().AddEndpoint("distant").WithDmaEngine(new DmaEngineOptions { Iommu = "iommu" });
        Machine = builder.Build();
        Peer.GrantBar(Bar);
    }

    public SoftwareMachine Machine { get; }

    public PciFunction Provider => Machine.GetPciFunction("provider");

    public PciBar Bar => Provider.Bars[0];

    public DmaEngineDevice Peer => Machine.GetEngine("peer");

    public DmaEngineDevice Distant => Machine.GetEngine("distant");

    public void ExpectNothingMapped() => Assert.All(Machine.Engines, static engine => Assert.Equal(0, engine.LiveMappingCount));
}
