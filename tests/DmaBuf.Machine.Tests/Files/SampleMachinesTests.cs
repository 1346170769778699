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
    [InlineData("sriov-host", "nic", "nic-function-1", PeerToPeerMapType.BusAddress, "no port on the way redirects")]
    [InlineData("sriov-host", "nic-function-2", "nic", PeerToPeerMapType.ThroughHostBridge, "the processor forwards peer traffic")]
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
    [InlineData("camera", true)]
    [InlineData("display", true)]
    [InlineData("audio", false)]
    [InlineData("video-decoder", true)]
    public void Without_an_IOMMU_address_lines_decide(string engine, bool reaches)
    {
        SoftwareMachine machine = Read("soc-no-iommu");
        Assert.Empty(machine.Iommus);
        PhysicalRange page = new(new PhysicalAddress(0x7FFF_F000), Expect.Page);
        Exception? refused = Record.Exception(() => machine.GetEngine(engine).MapRange(page, DmaDirection.Bidirectional, DmaAttributes.None));
        Assert.Equal(reaches ? null : Errno.EFAULT, (refused as DmaBufException)?.Errno);
    }

    internal static string Text(string name) => File.ReadAllText(Path.Combine(Folder, $"{name}.json"));

    private static SoftwareMachine Read(string name) => MachineDocument.Read(Text(name)).Build();
}
