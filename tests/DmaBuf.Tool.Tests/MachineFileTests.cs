using System.Text.Json;

namespace DmaBuf.Tool.Tests;

/// <summary>Machines that files describe: shown, paired, explained.</summary>
public sealed class MachineFileTests : ScratchFolder
{
    public static TheoryData<string> Samples => ["laptop", "nvme-gpu", "server-acs", "server-two-gpus", "soc-no-iommu", "sriov-host"];

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task Each_sample_is_shown_in_plain_text(string sample)
    {
        ToolResult result = await ToolRun.RunAsync("machine", "show", PathOf(sample));
        result.AssertSuccess();
        Assert.True(result.Output.All(static character => character is '\n' or (>= ' ' and <= '~')), result.Output);
        Assert.Contains("\nphysical RAM ", result.Output, StringComparison.Ordinal);
        Assert.Contains("\nPeer to peer\n", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("laptop", "ssd", "gpu", "NotSupported", "the host bridge is not on the whitelist")]
    [InlineData("server-two-gpus", "gpu0", "gpu1", "BusAddress", "no port on the way redirects")]
    [InlineData("server-two-gpus", "nic1", "gpu1", "ThroughHostBridge", "the whitelist says that it is forwarded there")]
    [InlineData("server-acs", "nic", "gpu", "NotSupported", "redirects peer traffic to the root")]
    [InlineData("sriov-host", "nic-vf1", "nic-vf0", "ThroughHostBridge", "redirects peer traffic to the root, and the processor forwards peer traffic")]
    [InlineData("nvme-gpu", "nvme", "gpu", "ThroughHostBridge", "the processor forwards peer traffic")]
    public async Task The_table_of_peers_keeps_what_the_name_promises(string sample, string client, string provider, string path, string reason)
    {
        ToolResult result = await ToolRun.RunAsync("machine", "show", PathOf(sample), "--json");
        result.AssertSuccess();
        JsonElement row = result.Json().GetProperty("peerToPeer").EnumerateArray()
            .Single(each => each.GetProperty("client").ValueEquals(client) && each.GetProperty("provider").ValueEquals(provider));
        Assert.Equal(path, row.GetProperty("path").GetString());
        Assert.Contains(reason, row.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_map_tells_addresses_of_every_kind_apart()
    {
        ToolResult soc = await ToolRun.RunAsync("machine", "show", PathOf("soc-no-iommu"));
        Assert.Contains("direct DMA   0xe0000000 0xffffffff 512 MiB  0x80000000    camera", soc.Output, StringComparison.Ordinal);
        Assert.Contains("platform engine audio without IOMMU up to 0xcfffffff", soc.Output, StringComparison.Ordinal);
        Assert.Contains("platform engine display without IOMMU up to 0xffffffff, segments of at most 0x10000 bytes", soc.Output, StringComparison.Ordinal);
        Assert.Contains("bounce pool  0x40000000 0x403fffff 4096 KiB -             NUMA node 0", soc.Output, StringComparison.Ordinal);
        Assert.Contains("Peer to peer\nnobody: no engine is beside a function with BARs\n", soc.Output, StringComparison.Ordinal);
        ToolResult host = await ToolRun.RunAsync("machine", "show", PathOf("sriov-host"));
        Assert.Contains("\nhost bridge 0000, NotListed, NUMA node 1\n", host.Output, StringComparison.Ordinal);
        Assert.Contains("    0000:01:10.6 nic-vf3, virtual function of nic, not enabled, ACS", host.Output, StringComparison.Ordinal);
        ToolResult server = await ToolRun.RunAsync("machine", "show", PathOf("server-acs"));
        Assert.Contains("\n      0000:02:00.0 downstream port, ACS RequestRedirect, CompletionRedirect, SourceValidation\n        0000:03:00.0 gpu, BAR 0 of 16 GiB for peers, engine behind vtd\n", server.Output, StringComparison.Ordinal);
        Assert.Contains("PCI bus      0x700000000000 0x7003ffffffff 16 GiB    0x300000000000 gpu:0", server.Output, StringComparison.Ordinal);
        Assert.Contains("I/O virtual  0x900000000000", server.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task Each_sample_moves_bytes_through_whatever_is_agreed_on(string sample)
    {
        ToolResult result = await ToolRun.RunAsync("matrix", "--machine", PathOf(sample), "--json");
        result.AssertSuccess();
        JsonElement[] pairs = [.. result.Json().GetProperty("pairs").EnumerateArray()];
        Assert.Equal(0, result.Json().GetProperty("failed").GetInt32());
        Assert.All(pairs.Where(static pair => pair.GetProperty("exporter").ValueEquals("ram")), static pair => Assert.Equal("verified", pair.GetProperty("outcome").GetString()));
        Assert.All(pairs, static pair => Assert.True(pair.GetProperty("simulated").GetBoolean()));
    }

    [Fact]
    public async Task A_wrong_table_fails_the_matrix_of_a_file_too()
        => Assert.Equal(1, (await ToolRun.RunAsync("matrix", "--machine", PathOf("server-acs"), "--mutate", "swap")).ExitCode);

    [Fact]
    public async Task An_engine_that_cannot_form_the_addresses_fails_the_matrix()
    {
        File.WriteAllText(At("low.json"), """{ "ram": [{ "start": "0x1_0000_0000", "length": "1 MiB" }], "engines": [{ "name": "low", "lastAddress": "0xFFFF_FFFF" }] }""");
        ToolResult result = await ToolRun.RunAsync("matrix", "--machine", At("low.json"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the last that the device can form", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("server-acs", "gpu:0", "nic", "refused with EINVAL", "redirects peer traffic to the root, and the host bridge is not on the whitelist")]
    [InlineData("server-two-gpus", "gpu0:1", "gpu1", "agreed on ScatterGatherTable", "device gpu1, peer-to-peer accepted")]
    [InlineData("laptop", "ram", "camera", "agreed on ScatterGatherTable", "camera")]
    public async Task Two_parts_of_a_machine_are_explained(string sample, string from, string to, string outcome, string reason)
    {
        ToolResult result = await ToolRun.RunAsync("explain", "--machine", PathOf(sample), "--from", from, "--to", to);
        result.AssertSuccess();
        Assert.Contains(outcome, result.Output, StringComparison.Ordinal);
        ToolResult json = await ToolRun.RunAsync("explain", "--machine", PathOf(sample), "--from", from, "--to", to, "--json");
        Assert.Equal(to, NegotiationJson.Read(json.Output).Parties.Importer);
        Assert.Contains(reason, result.Output + json.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpu:1", "nic", "the machine has no exporter 'gpu:1'; it has ram, physical-ram, gpu:0")]
    [InlineData("ram", "nobody", "the machine has no engine 'nobody'; it has gpu, nic")]
    public async Task A_part_that_is_not_there_is_bad_use(string from, string to, string words)
        => (await ToolRun.RunAsync("explain", "--machine", PathOf("server-acs"), "--from", from, "--to", to)).AssertBadUse(words);

    [Theory]
    [InlineData("machine", "show")]
    [InlineData("machine")]
    [InlineData("explain")]
    [InlineData("explain", "--machine", "x.json")]
    [InlineData("explain", "x.json", "--from", "ram")]
    public async Task What_is_left_out_is_bad_use(params string[] arguments) => (await ToolRun.RunAsync(arguments)).AssertBadUse($"dmabuf {string.Join(' ', arguments.TakeWhile(static each => each is "machine" or "show" or "explain"))} --help");

    [Fact]
    public async Task A_command_that_the_group_has_not_is_bad_use() => (await ToolRun.RunAsync("machine", "shwo")).AssertBadUse("'shwo' is no command; run 'dmabuf machine --help'");

    [Theory]
    [InlineData("{ \"ram\": [{ }] }", "'ram[0].start': it is missing")]
    [InlineData("{ }", "it has no RAM")]
    [InlineData("\u001b[31m", "is no JSON")]
    public async Task A_file_that_describes_no_machine_is_bad_use(string text, string words)
    {
        File.WriteAllText(At("wrong.json"), text);
        (await ToolRun.RunAsync("machine", "show", At("wrong.json"))).AssertBadUse(words);
        (await ToolRun.RunAsync("matrix", "--machine", At("wrong.json"))).AssertBadUse("See docs/machine-json.md for the form.");
        (await ToolRun.RunAsync("explain", "--machine", At("missing.json"), "--from", "ram", "--to", "a")).AssertBadUse("cannot be read");
    }

    [Theory]
    [InlineData("machine")]
    [InlineData("machine", "show")]
    public async Task Help_shows_examples(params string[] command)
    {
        ToolResult result = await ToolRun.RunAsync([.. command, "--help"]);
        result.AssertSuccess();
        Assert.Contains("Examples:\n  dmabuf machine show samples/machines/server-two-gpus.json", result.Output, StringComparison.Ordinal);
    }

    private static string PathOf(string sample) => Path.Combine(AppContext.BaseDirectory, "samples", "machines", $"{sample}.json");
}
