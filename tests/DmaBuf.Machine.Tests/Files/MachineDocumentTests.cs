namespace DmaBuf.Machine.Tests;

/// <summary>What a description of a machine says, and how a wrong one is refused.</summary>
public sealed class MachineDocumentTests
{
    private const string Ram = """ "ram": [{ "start": "0x1000_0000", "length": "1 MiB" }] """;

    internal static string Everything => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "machines", "everything.json"));

    [Fact]
    public void Every_member_reaches_the_machine()
    {
        SoftwareMachineBuilder builder = MachineDocument.Read(Everything);
        Assert.Equal(new Processor(ProcessorVendor.Amd, 0x16), builder.Processor);
        Assert.Equal(0x2_1000_0000_0000UL, builder.PlatformDmaOffset);
        Assert.Equal([new PciHostBridgeEntry(0x1022, 0x1450, SameBridgeOnly: true)], builder.HostBridgeWhitelist.Entries);
        Assert.Equal([(new PhysicalRange(new PhysicalAddress(0x10_0000_0000), 16UL << 30), 1)], builder.Ram);
        Assert.Equal((4UL << 20, 1), (builder.BouncePoolLength, builder.HostBridges[0].NumaNode));
        Assert.Equal([("iommu0", new DmaRange(new DmaAddress(0x9100_0000_0000), 1UL << 40), 2048UL)], builder.Iommus);
        Assert.Equal(
            [PciHostBridgePolicy.SameBridgeOnly, PciHostBridgePolicy.SameBridgeOnly], builder.HostBridges.Select(bridge => bridge.PolicyBy(builder.HostBridgeWhitelist)));
        Assert.Equal((0x3100_0000_0000UL, 0xB100_0000_0000UL), (builder.HostBridges[0].BusOffset, builder.HostBridges[0].DmaOffset));
        Assert.Equal(("camera", new DmaEngineOptions { Iommu = "iommu0", LastAddress = new DmaAddress(uint.MaxValue), SegmentLimits = new DmaSegmentLimits(4096), NumaNode = 1 }), Assert.Single(builder.PlatformEngines));

        PciNodeDefinition port = Assert.Single(builder.HostBridges[0].RootPorts);
        PciNodeDefinition upstream = Assert.Single(port.Children);
        Assert.Equal(PciAccessControl.RequestRedirect | PciAccessControl.CompletionRedirect, port.AccessControl);
        Assert.Equal((PciNodeKind.SwitchUpstream, PciAccessControl.SourceValidation, 2), (upstream.Kind, upstream.AccessControl, upstream.Children.Count));
        Assert.Equal(PciAccessControl.EgressControl | PciAccessControl.DirectTranslated, upstream.Children[0].AccessControl);
        PciNodeDefinition gpu = upstream.Children[0].Children[0];
        Assert.Equal(("gpu", PciAccessControl.RequestRedirect), (gpu.Name, gpu.AccessControl));
        Assert.Equal([(16UL << 20, new PciBarOptions { PeerToPeer = false, Prefetchable = true, Mappable = false }), (4096UL, new PciBarOptions())], gpu.Bars);
        DmaSegmentLimits limits = new(0x1_0000, 0xF_FFFF);
        Assert.Equal(new DmaEngineOptions { Iommu = "iommu0", LastAddress = new DmaAddress(0xFFFF_FFFF_FFFF), SegmentLimits = limits }, gpu.Engine);
        (PciVirtualFunctionOptions options, PciNodeDefinition each) = gpu.VirtualFunctions!.Value;
        Assert.Equal(
            new PciVirtualFunctionOptions { Total = 2, Enabled = 1, FirstOffset = 16, Stride = 2, AccessControl = PciAccessControl.SourceValidation }, options);
        Assert.Equal([(65536UL, new PciBarOptions())], each.Bars);
        Assert.Equal(new DmaEngineOptions { Iommu = "iommu0" }, each.Engine);
        PciNodeDefinition audio = upstream.Children[0].Children[1];
        Assert.Equal(("gpu-audio", PciAccessControl.None, new DmaEngineOptions()), (audio.Name, audio.AccessControl, audio.Engine));
        Assert.Empty(upstream.Children[1].Children);
        Assert.Equal(["gpu", "gpu-audio", "gpu-vf0", "gpu-vf1", "camera"], builder.Build().Engines.Select(engine => engine.Name));
    }

    [Fact]
    public void What_is_left_out_is_what_the_builder_takes_without_being_told()
    {
        SoftwareMachineBuilder read = MachineDocument.Read(
            $$"""{ {{Ram}}, "iommus": [{ "name": "i" }], "hostBridges": [{ "ports": [{ "endpoint": { "name": "e", "bars": [{ "length": 4096 }], "engine": {} } }] }], "engines": [{ "name": "p" }] }""");
        SoftwareMachineBuilder told = new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x1000_0000), 1 << 20).AddIommu("i").AddPlatformDmaEngine("p");
        told.AddHostBridge().AddRootPort().AddEndpoint("e").AddBar(4096).WithDmaEngine();
        Assert.Equal(told.Iommus, read.Iommus);
        Assert.Equal(told.PlatformEngines, read.PlatformEngines);
        Assert.Equal((told.Processor, told.HostBridgeWhitelist, told.PlatformDmaOffset), (read.Processor, read.HostBridgeWhitelist, read.PlatformDmaOffset));
        Assert.Equal((told.HostBridges[0].BusOffset, told.HostBridges[0].DmaOffset), (read.HostBridges[0].BusOffset, read.HostBridges[0].DmaOffset));
        Assert.Equal(PciHostBridgePolicy.NotListed, read.HostBridges[0].PolicyBy(read.HostBridgeWhitelist));
        (PciNodeDefinition expected, PciNodeDefinition found) = (told.HostBridges[0].RootPorts[0].Children[0], read.HostBridges[0].RootPorts[0].Children[0]);
        Assert.Equal(expected.Bars, found.Bars);
        Assert.Equal(expected.Engine, found.Engine);
    }

    [Theory]
    [InlineData("4096", 4096UL)]
    [InlineData("\"0x1_0000\"", 0x1_0000UL)]
    [InlineData("\"0xAbC000\"", 0xABC000UL)]
    [InlineData("\"4 KiB\"", 4096UL)]
    [InlineData("\"3 GiB\"", 3UL << 30)]
    [InlineData("\"64 TiB\"", 1UL << 46)]
    public void A_size_is_a_number_or_a_text_with_a_unit(string written, ulong length)
        => Assert.Equal(length, MachineDocument.Read($$"""{ "ram": [{ "start": 4096, "length": {{written}} }] }""").Ram[0].Range.Length);

    [Theory]
    [InlineData("-1")]
    [InlineData("4096.5")]
    [InlineData("18446744073709551616")]
    [InlineData("true")]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("\"0x\"")]
    [InlineData("\"0x_1000\"")]
    [InlineData("\"0x1000_\"")]
    [InlineData("\"0x1__000\"")]
    [InlineData("\"0x1_0000_0000_0000_0000\"")]
    [InlineData("\"4096\"")]
    [InlineData("\"1 MB\"")]
    [InlineData("\"1MiB\"")]
    [InlineData("\"+1 MiB\"")]
    [InlineData("\"16777216 TiB\"")]
    public void What_is_no_size_is_refused(string written)
        => AssertRefused($$"""{ "ram": [{ "start": 4096, "length": {{written}} }] }""", "'ram[0].length': a whole number of bytes below 2^64");

    [Theory]
    [InlineData("", "'line 1, byte 1': it is no JSON")]
    [InlineData("[]", "'the top': an object in braces is needed, found an array")]
    [InlineData("{ \"\\ud800\": 1 }", "'line 1': it is no JSON (Cannot read incomplete UTF-16")]
    [InlineData("{ \"rom\": [] }", "'the top': there is no member 'rom'; known here are $schema, bouncePool, description, engines,")]
    [InlineData("{ \"ram\": [], \"ram\": [] }", "it is no JSON")]
    [InlineData("{ \"format\": \"dmabuf-machine/2\" }", "'format': 'dmabuf-machine/2' is not known")]
    [InlineData("{ \"ram\": {} }", "'ram': an array in brackets is needed, found an object")]
    [InlineData("{ \"ram\": null }", "'ram': an array in brackets is needed, found null; leave the member out instead")]
    [InlineData("{ \"ram\": [{ \"start\": 4096 }] }", "'ram[0].length': it is missing; a size is needed")]
    [InlineData("{ \"ram\": [{ \"start\": \"4 KiB\", \"length\": 4096 }] }", "'ram[0].start': a whole number from 0 below 2^64 or a text such as \"0x1000\" is needed, found \"4 KiB\"")]
    [InlineData("{ \"ram\": [{ \"start\": 4096, \"length\": 4097 }] }", "'ram[0]': RAM cannot be put at [0x1000, +0x1001)")]
    [InlineData("{ \"ram\": [{ \"start\": 4096, \"length\": 4096, \"color\": 1 }] }", "'ram[0]': there is no member 'color'; known here are length, numaNode, start")]
    [InlineData("{ \"processor\": { \"vendor\": \"AMD\", \"family\": 23 } }", "'processor.vendor': one of Other, Amd, Intel is needed, found \"AMD\"")]
    [InlineData("{ \"processor\": { \"vendor\": 1, \"family\": 23 } }", "'processor.vendor': one of Other, Amd, Intel is needed, found 1")]
    [InlineData("{ \"hostBridges\": [{ \"firstDevice\": { \"vendor\": 65536, \"device\": 1 } }] }", "'hostBridges[0].firstDevice.vendor': a number up to 0xffff is needed, found 65536")]
    [InlineData("{ \"hostBridges\": [{ \"policy\": \"Listed\", \"firstDevice\": { \"vendor\": 1, \"device\": 1 } }] }", "'hostBridges[0]': a policy says")]
    [InlineData("{ \"hostBridges\": [{ \"busOffset\": 1 }] }", "'hostBridges[0]': A host bridge cannot have the offsets")]
    [InlineData("{ \"hostBridges\": [{ \"ports\": [{}, { \"switch\": [] }] }] }", "'hostBridges[0].ports[1].switch': an object in braces is needed")]
    [InlineData("{ \"hostBridges\": [{ \"ports\": [{ \"switch\": {}, \"endpoint\": {} }] }] }", "'hostBridges[0].ports[0]': a port has one link")]
    [InlineData("{ \"hostBridges\": [{ \"ports\": [{ \"accessControl\": [\"None\"] }] }] }", "'hostBridges[0].ports[0].accessControl[0]': one of RequestRedirect,")]
    [InlineData("{ \"hostBridges\": [{ \"ports\": [{ \"accessControl\": [\"EgressControl\", \"EgressControl\"] }] }] }", "accessControl[1]': EgressControl stands there already")]
    [InlineData("{ \"hostBridges\": [{ \"ports\": [{ \"endpoint\": { \"name\": \"a:b\" } }] }] }", "'hostBridges[0].ports[0].endpoint.name': 'a:b' is no name; use 1 to 64")]
    [InlineData("{ \"hostBridges\": [{ \"ports\": [{ \"endpoint\": { \"name\": \"a\", \"bars\": [{ \"length\": 5000 }] } }] }] }", "endpoint.bars[0]': a cannot have a BAR of 0x1388 bytes")]
    [InlineData("{ \"hostBridges\": [{ \"ports\": [{ \"endpoint\": { \"name\": \"a\", \"furtherFunctions\": [{ \"name\": \"b\", \"furtherFunctions\": [] }] } }] }] }", "furtherFunctions[0]': there is no member 'furtherFunctions'")]
    [InlineData("{ \"engines\": [{ \"name\": \"a\" }, { \"name\": \"a\" }] }", "'engines[1]': a cannot be added")]
    [InlineData("{ \"engines\": [{ \"name\": \"a\", \"iommu\": \"b\" }] }", "'engines[0].iommu': there is no IOMMU 'b'; add it to iommus, or correct the name")]
    [InlineData("{ \"engines\": [{ \"name\": \"\\ud800\" }] }", "'engines[0].name': the text holds an incomplete character")]
    [InlineData("{ \"engines\": [{ \"name\": \"a\\u001b[31m\" }] }", "'engines[0].name': 'a?[31m' is no name")]
    public void A_wrong_document_is_refused_with_the_place_and_what_to_do(string json, string expected) => AssertRefused(json, expected);

    [Fact]
    public void A_refusal_of_the_builder_keeps_its_errno()
    {
        DmaBufException refused = Expect.Fails(Errno.EINVAL, () => MachineDocument.Read("""{ "engines": [{ "name": "a" }, { "name": "a" }] }"""));
        Assert.Equal(Errno.EEXIST, Assert.IsType<DmaBufException>(refused.InnerException).Errno);
        Assert.DoesNotContain("EEXIST", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_document_that_is_too_large_is_refused_before_anything_is_made_of_it()
    {
        AssertRefused(new string(' ', MachineDocument.MaximumLength + 1), "'the top': it has 1048577 characters, and 1048576 is the limit");
        AssertRefused($$"""{ "ram": [{{string.Join(',', Enumerable.Repeat("{}", 257))}}] }""", "'ram': it has 257 elements, and 256 is the limit");
        AssertRefused($"{{ \"a\": {new string('[', 100)}{new string(']', 100)} }}", "it is no JSON");
    }

    [Fact]
    public void A_machine_has_as_many_functions_and_as_much_memory_as_costs_a_moment()
    {
        string engines = string.Join(',', Enumerable.Range(0, 256).Select(index => $$"""{ "name": "e{{index}}" }"""));
        MachineDocument.Read($$"""{ {{Ram}}, "engines": [{{engines}}] }""").Build();
        AssertRefused(
            $$"""{ "hostBridges": [{ "ports": [{ "endpoint": { "name": "x" } }] }], "engines": [{{engines}}] }""", "'engines[255]': it is one more than the 256");
        AssertRefused("""{ "ram": [{ "start": 4096, "length": "64 TiB" }, { "start": "0x5000_0000_0000", "length": 4096 }] }""", "'ram[1].length': with it,");
    }

    [Fact]
    public void Comments_and_a_last_comma_are_allowed()
        => Assert.Single(MachineDocument.Read($$"""{ /* the RAM */ {{Ram}}, // and no more{{"\n"}} }""").Ram);

    private static void AssertRefused(string json, string expected)
    {
        string message = Expect.Fails(Errno.EINVAL, () => MachineDocument.Read(json)).Message;
        Assert.StartsWith("Reading the description of a machine failed at '", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }
}
