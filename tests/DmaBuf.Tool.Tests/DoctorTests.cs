using System.Text.Json;

namespace DmaBuf.Tool.Tests;

/// <summary><c>dmabuf doctor</c>: a report is a success, a requirement that is not met is 1.</summary>
public sealed class DoctorTests : ScratchFolder
{
    [Fact]
    public async Task A_machine_without_anything_is_reported_with_remedies_and_0()
    {
        Directory.CreateDirectory(At("proc"));
        ToolResult result = await ToolRun.RunAsync("doctor", "--root", At(string.Empty));
        result.AssertSuccess();
        Assert.Contains("missing   udmabuf", result.Output, StringComparison.Ordinal);
        Assert.Contains("-> sudo modprobe udmabuf (CONFIG_UDMABUF, Linux 4.20 or later)\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("works     memfd", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_required_and_missing_is_1_and_named()
    {
        Directory.CreateDirectory(At("proc"));
        ToolResult result = await ToolRun.RunAsync("doctor", "--root", At(string.Empty), "--require", "memfd, heap:system,udmabuf", "--json");
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("dmabuf: required and not usable: heap:system, udmabuf", Assert.Single(result.ErrorLines));
        Assert.Equal(["heap:system", "udmabuf"], result.Json().GetProperty("requiredAndMissing").EnumerateArray().Select(static name => name.GetString()));
        (await ToolRun.RunAsync("doctor", "--require", "memfd")).AssertSuccess();
    }

    [Fact]
    public async Task As_JSON_each_check_has_its_state_and_remedy()
    {
        ToolResult result = await ToolRun.RunAsync("doctor", "--json");
        result.AssertSuccess();
        JsonElement memory = result.Json().GetProperty("checks").EnumerateArray().Single(static check => check.GetProperty("name").GetString() == "memfd");
        Assert.Equal(("works", true, JsonValueKind.Null), (memory.GetProperty("state").GetString(), memory.GetProperty("usable").GetBoolean(), memory.GetProperty("remedy").ValueKind));
    }

    [Fact]
    public async Task A_requirement_that_the_doctor_does_not_know_is_bad_use() => (await ToolRun.RunAsync("doctor", "--require", "gpu")).AssertBadUse("'gpu' is nothing that the doctor examines");
}
