using System.Text.Json;

namespace DmaBuf.Tool.Tests;

/// <summary><c>dmabuf list</c> and <c>dmabuf show</c> on a machine of files.</summary>
public sealed class ListAndShowTests : BufferMachine
{
    [Fact]
    public async Task The_list_has_a_line_a_buffer_largest_first_then_the_totals()
    {
        ToolResult result = await RunAsync("list");
        result.AssertSuccess();
        string[] lines = result.Output.TrimEnd().Split('\n');
        Assert.Equal(
            [
                "inode size exporter name holders attached devices",
                "53 1024 KiB udmabuf - camera[10] ?",
                "52 8192 B system frame camera[10], vi\\x1b[31mewer[11] vgem",
                "54 4096 B system - - vgem",
                "3 buffers, 1036 KiB, held by 2 processes; 1 without a visible holder.",
            ],
            lines.Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
    }

    [Theory]
    [InlineData("--sort inode", "52 53 54")]
    [InlineData("--sort holders", "52 53 54")]
    [InlineData("--exporter system", "52 54")]
    [InlineData("--pid 11", "52")]
    [InlineData("--name ram", "52")]
    [InlineData("--name nothing", "")]
    public async Task Options_sort_and_choose(string options, string inodes)
    {
        ToolResult result = await RunAsync("list", options.Split(' '));
        result.AssertSuccess();
        Assert.Equal(inodes, string.Join(' ', result.Output.Split('\n').Where(static line => line.Length > 0 && char.IsAsciiDigit(line[0]) && !line.Contains("held by", StringComparison.Ordinal)).Select(static line => line.Split(' ')[0])));
    }

    [Fact]
    public async Task As_JSON_it_has_every_fact()
    {
        ToolResult result = await RunAsync("list", "--json", "--pid", "11");
        result.AssertSuccess();
        JsonElement root = result.Json();
        Assert.Equal("dmabuf-holders/1", root.GetProperty("format").GetString());
        JsonElement buffer = Assert.Single(root.GetProperty("buffers").EnumerateArray());
        Assert.Equal(52, buffer.GetProperty("inode").GetInt32());
        JsonElement viewer = buffer.GetProperty("holders")[1];
        Assert.Equal("vi\u001b[31mewer", viewer.GetProperty("command").GetString());
        Assert.Equal("0x7f0000000000", viewer.GetProperty("mappings")[0].GetProperty("start").GetString());
        Assert.Equal("write fence:vgem unbound seq 1 unsignalled", buffer.GetProperty("fences")[0].GetString());
    }

    [Fact]
    public async Task Without_bufinfo_the_list_says_what_is_hidden_and_how_to_see_it()
    {
        File.Delete(At("sys/kernel/debug/dma_buf/bufinfo"));
        ToolResult result = await RunAsync("list");
        result.AssertSuccess();
        Assert.Contains("hidden: attached devices, fences, and buffers that no visible process holds", result.Output, StringComparison.Ordinal);
        Assert.Contains("mount -t debugfs", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_tells_everything_of_one_buffer()
    {
        ToolResult result = await RunAsync("show", "52");
        result.AssertSuccess();
        Assert.Equal(
            """
            inode       52 (dma-buf)
            size        8192 B (8192 bytes)
            exporter    system
            name        frame
            references  2
            attached    vgem
            fence       write fence:vgem unbound seq 1 unsignalled
            holder      camera[10], user 1000, descriptors 3, 0 B mapped
            holder      vi\x1b[31mewer[11], user 1000, no descriptor, 8192 B mapped
                          0x7f0000000000-0x7f0000002000, 8192 B from byte 0, read-only, shared

            """,
            result.Output);
        Assert.Contains("none that is visible", (await RunAsync("show", "54")).Output, StringComparison.Ordinal);
        Assert.Equal(53, (await RunAsync("show", "53", "--json")).Json().GetProperty("buffers")[0].GetProperty("inode").GetInt32());
    }

    [Fact]
    public async Task An_inode_that_is_not_there_is_one_line_that_says_where_to_look_and_1()
    {
        ToolResult result = await RunAsync("show", "99");
        Assert.Equal((1, string.Empty), (result.ExitCode, result.Output));
        Assert.Contains("no buffer with inode 99 is visible; run 'dmabuf list'", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("show", "camera", "camera")]
    [InlineData("list", "--sort=colour", "colour")]
    [InlineData("top", "--interval=0", "--interval takes 0.05 to 604800 seconds")]
    [InlineData("top", "--count=0", "--count takes a number from 1 on")]
    [InlineData("leaks", "--for=-1", "--for takes")]
    public async Task Bad_use_is_one_line_and_2(string command, string argument, string words) => (await RunAsync(command, argument)).AssertBadUse(words);

    [Theory]
    [InlineData("list")]
    [InlineData("show")]
    [InlineData("top")]
    [InlineData("leaks")]
    [InlineData("doctor")]
    public async Task Help_shows_examples(string command)
    {
        ToolResult result = await ToolRun.RunAsync(command, "--help");
        result.AssertSuccess();
        Assert.Contains($"  dmabuf {command}", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proc_that_is_not_there_is_an_error_with_a_remedy()
    {
        ToolResult result = await ToolRun.RunAsync("list", "--proc", At("nothing"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Mount proc there", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }
}
