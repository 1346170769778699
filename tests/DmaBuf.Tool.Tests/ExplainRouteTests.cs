using System.Text.Json;
using DmaBuf.Linux.Tests.Pci;

namespace DmaBuf.Tool.Tests;

/// <summary><c>dmabuf explain</c> with two PCI addresses: a switch with two functions below it, one more beside it.</summary>
public sealed class ExplainRouteTests : IDisposable
{
    private const int RootPort = 4;
    private const int UpstreamPort = 5;
    private const int DownstreamPort = 6;
    private const int Endpoint = 0;
    private const ushort Redirect = 0x0c;

    private readonly SysfsFixture _sysfs = new();

    public void Dispose() => _sysfs.Dispose();

    [Fact]
    public async Task Functions_below_one_switch_reach_each_other_by_bus_addresses()
    {
        AddSwitch(0);
        ToolResult text = await ExplainAsync("0000:03:00.0", "0000:04:00.0");
        text.AssertSuccess();
        Assert.StartsWith("from 0000:03:00.0 (10de:0001), driver gpu, IOMMU group 7\nto   0000:04:00.0 (15b3:0002), driver none, IOMMU group none\n", text.Output, StringComparison.Ordinal);
        Assert.Contains("common bridge: 0000:01:00.0\n0000:04:00.0 to 0000:03:00.0: BusAddress, distance 4: ", text.Output, StringComparison.Ordinal);
        Assert.EndsWith("\n0000:04:00.0 may reach the memory of 0000:03:00.0.\n", text.Output, StringComparison.Ordinal);

        ToolResult result = await ExplainAsync("03:00.0", "04:00.0", "--json");
        result.AssertSuccess();
        JsonElement json = result.Json();
        Assert.Equal(("dmabuf-route/1", "BusAddress", 4, true), (
            json.GetProperty("format").GetString(), json.GetProperty("mapType").GetString(), json.GetProperty("distance").GetInt32(), json.GetProperty("reachable").GetBoolean()));
        Assert.Equal(("0000:01:00.0", "gpu", 7), (
            json.GetProperty("commonBridge").GetString(), json.GetProperty("from").GetProperty("driver").GetString(), json.GetProperty("from").GetProperty("iommuGroup").GetInt32()));
        Assert.All(json.GetProperty("to").GetProperty("way").EnumerateArray(), static step => Assert.False(step.GetProperty("redirects").GetBoolean()));
    }

    [Fact]
    public async Task A_port_that_redirects_is_named()
    {
        AddSwitch(Redirect);
        ToolResult result = await ExplainAsync("0000:03:00.0", "0000:04:00.0", "--json");
        result.AssertSuccess();
        JsonElement json = result.Json();
        Assert.NotEqual("BusAddress", json.GetProperty("mapType").GetString());
        Assert.Contains("redirects", json.GetProperty("reason").GetString(), StringComparison.Ordinal);
        JsonElement port = json.GetProperty("from").GetProperty("way").EnumerateArray().Single(static step => step.GetProperty("redirects").GetBoolean());
        Assert.Equal("0000:02:00.0", port.GetProperty("address").GetString());
    }

    [Fact]
    public async Task Bits_that_cannot_be_read_leave_the_answer_open()
    {
        AddSwitch(null);
        ToolResult text = await ExplainAsync("0000:03:00.0", "0000:04:00.0");
        Assert.EndsWith("is not known: run as root.\n", text.Output, StringComparison.Ordinal);
        ToolResult json = await ExplainAsync("0000:03:00.0", "0000:04:00.0", "--json");
        Assert.Equal(JsonValueKind.Null, json.Json().GetProperty("reachable").ValueKind);
    }

    [Fact]
    public async Task What_is_no_address_is_bad_use_and_what_is_not_there_an_error()
    {
        AddSwitch(0);
        (await ExplainAsync("gpu", "0000:04:00.0")).AssertBadUse("is no PCI address");
        ToolResult missing = await ExplainAsync("0000:09:00.0", "0000:04:00.0");
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("There is no PCI function 0000:09:00.0", missing.Errors, StringComparison.Ordinal);
        (await ToolRun.RunAsync("explain", "--from", "0000:03:00.0")).AssertBadUse("--from and --to with PCI addresses");
    }

    private Task<ToolResult> ExplainAsync(string from, string to, params string[] more) => ToolRun.RunAsync(["explain", "--from", from, "--to", to, "--sys", _sysfs.Root, .. more]);

    /// <param name="accessControl">Bits of the downstream ports; null: nobody may read them.</param>
    private void AddSwitch(ushort? accessControl)
    {
        byte[] port = SysfsFixture.Express(DownstreamPort, accessControl ?? 0);
        port = accessControl is null ? SysfsFixture.HeaderOnly(port) : port;
        _sysfs.Add("0000:00:01.0", config: SysfsFixture.Express(RootPort, 0), classCode: 0x060400);
        _sysfs.Add("0000:01:00.0", "0000:00:01.0", config: SysfsFixture.Express(UpstreamPort), classCode: 0x060400);
        _sysfs.Add("0000:02:00.0", "0000:01:00.0", config: port, classCode: 0x060400);
        _sysfs.Add("0000:02:01.0", "0000:01:00.0", config: port, classCode: 0x060400);
        _sysfs.Add("0000:03:00.0", "0000:02:00.0", "10de:0001", SysfsFixture.Express(Endpoint), "gpu", 7);
        _sysfs.Add("0000:04:00.0", "0000:02:01.0", "15b3:0002", SysfsFixture.Express(Endpoint));
    }
}
