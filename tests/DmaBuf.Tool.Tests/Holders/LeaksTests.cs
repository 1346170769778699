using System.Text.Json;

namespace DmaBuf.Tool.Tests;

/// <summary><c>dmabuf leaks</c>: with a saved list and by watching, exit code 1 when there are leaks.</summary>
public sealed class LeaksTests : BufferMachine
{
    [Fact]
    public async Task Nothing_new_is_no_leak()
    {
        ToolResult result = await RunAsync("leaks", "--since", await SaveAsync());
        result.AssertSuccess();
        Assert.StartsWith("0 orphans, 0 growing processes in 2 snapshots over ", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_grew_since_is_a_leak()
    {
        string before = await SaveAsync();
        AddBuffer(10, 5, 60, 4096, "system", "");
        ToolResult result = await RunAsync("leaks", "--since", before);
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("growing camera[10]: 2 buffers, 1032 KiB -> 3 buffers, 1036 KiB\n", result.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("leaks", "--since", before, "--min-bytes", "4097")).ExitCode);
    }

    [Fact]
    public async Task A_buffer_whose_holder_died_since_is_a_leak()
    {
        string before = await SaveAsync();
        Put("sys/kernel/debug/dma_buf/bufinfo", "00008192\t00000002\t02080007\t00000004\tsystem\t00000052\tframe\n\tAttached Devices:\n\tvgem\nTotal 1 devices attached\n\n");
        Directory.Delete(At("proc/10"), recursive: true);
        Directory.Delete(At("proc/11"), recursive: true);
        ToolResult text = await RunAsync("leaks", "--since", before);
        Assert.Equal(1, text.ExitCode);
        Assert.StartsWith("orphan  inode 52 'frame', 8192 B of system: held by camera[10], vi\\x1b[31mewer[11], dead since; attached devices: vgem\n", text.Output, StringComparison.Ordinal);
        ToolResult json = await RunAsync("leaks", "--since", before, "--json");
        Assert.Equal(1, json.ExitCode);
        JsonElement orphan = Assert.Single(json.Json().GetProperty("orphans").EnumerateArray());
        Assert.Equal((52, 10), (orphan.GetProperty("buffer").GetProperty("inode").GetInt32(), orphan.GetProperty("deadHolders")[0].GetProperty("pid").GetInt32()));
    }

    [Fact]
    public async Task A_buffer_whose_holders_number_another_process_has_now_is_a_leak()
    {
        string before = await SaveAsync();
        Put("sys/kernel/debug/dma_buf/bufinfo", "1048576\t2\t2\t1\tudmabuf\t53\t<none>\n\tAttached Devices:\nTotal 0 devices attached\n\n");
        Directory.Delete(At("proc/10"), recursive: true);
        AddProcess(10, "stranger");
        (await RunAsync("leaks", "--since", before)).AssertSuccess();
        Put("proc/10/stat", File.ReadAllText(At("proc/10/stat")).Replace(" 100 0\n", " 101 0\n", StringComparison.Ordinal));
        ToolResult result = await RunAsync("leaks", "--since", before);
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("orphan  inode 53, 1024 KiB of udmabuf: held by camera[10], dead since; attached devices: -\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watching_takes_a_snapshot_each_interval()
    {
        ToolResult result = await RunAsync("leaks", "--for", "0.2", "--interval", "0.05", "--json");
        result.AssertSuccess();
        Assert.InRange(result.Json().GetProperty("snapshots").GetInt32(), 2, 6);
    }

    [Fact]
    public async Task A_file_that_is_no_list_is_bad_use()
    {
        Put("other.json", "{}");
        (await RunAsync("leaks", "--since", At("other.json"))).AssertBadUse("Give what 'dmabuf list --json' printed");
        (await RunAsync("leaks", "--since", At("missing.json"))).AssertBadUse("give the path of a JSON file");
    }

    private async Task<string> SaveAsync()
    {
        Put("before.json", (await RunAsync("list", "--json")).Output);
        return At("before.json");
    }
}
