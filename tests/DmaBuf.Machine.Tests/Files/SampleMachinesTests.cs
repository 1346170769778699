namespace DmaBuf.Machine.Tests;

/// <summary>The machines of samples/machines: each keeps what its name promises.</summary>
public sealed class SampleMachinesTests
{
    public static TheoryData<string> Names => [.. Directory.GetFiles(Folder, "*.json").Select(static path => Path.GetFileNameWithoutExtension(path)).Where(static name => name != "everything").Order()];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "machines");

    [Fact]
    public void There_are_six() => Assert.Equal(
        ["laptop", "nvme-gpu", "server-acs", "server-two-gpus", "soc-no-iommu", "sriov-host"], Names.Select(static row => row.Data));

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_fits_the_schema_and_is_built(string name)
    {
        Assert.Null(new SchemaCheck(MachineSchemaTests.Schema).Misfit(MachineSchemaTests.Parse(Text(name))));
        Assert.NotEmpty(Read(name).Engines);
    }

    [Theory]
    [InlineData("laptop", "ssd", "gpu", PeerToPeerMapType.NotSupported, "the host bridge is not on the whitelist")]
    [InlineData("laptop", "camera", "gpu", PeerToPeerMapType.NotSupported, "no PCI device")]
    [InlineData("server-two-gpus", "gpu0", "gpu1", PeerToPeerMapType.BusAddress, "no port on the way redirects")]
    [InlineData("server-two-gpus", "nic0", "gpu1", PeerToPeerMapType.BusAddress, "no port on the way redirects")]
    [InlineData("server-two-gpus", "nic1", "gpu0", PeerToPeerMapType.ThroughHostBridge, "the whitelist says that it is forwarded there")]
    [InlineData("server-acs", "nic", "gpu", PeerToPeerMapType.NotSupported, "redirects peer traffic to the root, and the host bridge is not on the whitelist")]
    [InlineData("sriov-host", "nic-vf0", "nic-vf2", PeerToPeerMapType.ThroughHostBridge, "redirects peer traffic to the root, and the processor forwards peer traffic")]
    [InlineData("sriov-host", "nic", "nic-vf3", PeerToPeerMapType.NotSupported, "was removed")]
    [InlineData("nvme-gpu", "nvme", "gpu", PeerToPeerMapType.ThroughHostBridge, "the processor forwards peer traffic")]
    [InlineData("nvme-gpu", "gpu", "nvme", PeerToPeerMapType.ThroughHostBridge, "the processor forwards peer traffic")]
    public void Peers_reach_each_other_as_the_name_promises(string machine, string client, string provider, PeerToPeerMapType mapType, string reason)
    {
        SoftwareMachine built = Read(machine);
        PeerToPeerRoute route = built.GetPciFunction(provider).RouteFrom(built.GetEngine(client).PciDevice);
        Assert.Equal(mapType, route.MapType);
        Assert.Contains(reason, route.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("camera", false)]
    [InlineData("display", false)]
    [InlineData("audio", true)]
    [InlineData("video-decoder", false)]
    public void Without_an_IOMMU_address_lines_decide_who_is_bounced(string engine, bool isBounced)
    {
        SoftwareMachine machine = Read("soc-no-iommu");
        Assert.Empty(machine.Iommus);
        PhysicalRange page = new(new PhysicalAddress(0x7FFF_F000), Expect.Page);
        machine.GetEngine(engine).MapRange(page, DmaDirection.Bidirectional, DmaAttributes.None);
        Assert.Equal(isBounced ? Expect.Page : 0, machine.BouncePool!.UsedBytes);
    }

    [Fact]
    public void Virtual_functions_of_the_host_that_has_them_lie_on_its_adapters_node()
    {
        SoftwareMachine machine = Read("sriov-host");
        PciFunction nic = machine.GetPciFunction("nic");
        Assert.Equal((8, 3), (nic.VirtualFunctions.Count, nic.EnabledVirtualFunctions));
        Assert.All(nic.VirtualFunctions, static function => Assert.Equal(1, function.NumaNode));
        Assert.Equal([0, 1], machine.Ram.NumaNodes);
    }

    [Fact]
    public void What_an_address_limited_engine_cannot_reach_is_bounced_by_name_only()
    {
        SoftwareMachine machine = Read("soc-no-iommu");
        DmaEngineDevice audio = machine.GetEngine("audio");
        DmaBufferRegistry registry = new();
        RamPlacement high = new() { NumaNode = 1, IsNumaNodeRequired = true };
        using DmaBuffer buffer = RamExporter.Export(machine, 4 * Expect.Page, high, new DmaBufferExportOptions { Registry = registry });
        DmaBufferImporter importer = new("audio");
        Assert.Throws<NegotiationFailedException>(() => buffer.Attach(importer, ScatterGatherMappingType.Request(audio)));
        using ScatterGatherAttachment attachment = buffer.Attach(importer, ScatterGatherMappingType.Request(audio, ceiling: MappingCost.Default | MappingCost.Bounce));
        using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.Bidirectional);
        Assert.True(mapping.Cost.HasFlag(MappingCost.Bounce));
    }

    internal static string Text(string name) => File.ReadAllText(Path.Combine(Folder, $"{name}.json"));

    private static SoftwareMachine Read(string name) => MachineDocument.Read(Text(name)).Build();
}
