using System.Globalization;
using System.Text.Json;

namespace DmaBuf.Tool.Tests;

/// <summary><c>dmabuf matrix</c>, run as a user runs it.</summary>
public sealed class MatrixCommandTests(MatrixRunFixture run) : IClassFixture<MatrixRunFixture>
{
    /// <summary>What must be agreed on: exporter, importer, mapping type, cost. Every other pair must be declined.</summary>
    private static readonly string[] Agreements =
    [
        "memfd | CPU reader | Cpu | None",
        "memfd | CPU writer | Cpu | None",
        "memfd | descriptor receiver | Descriptor | None",
        "memfd read-only | CPU reader | Cpu | None",
        "memfd read-only | descriptor receiver | Descriptor | None",
        "memfd read-only | second process | Descriptor | None",
        "ram | engine behind IOMMU | ScatterGatherTable | IommuMap",
        "ram | engine without IOMMU | ScatterGatherTable | None",
        "ram | peer at the switch | ScatterGatherTable | IommuMap",
        "ram | peer across the bridge | ScatterGatherTable | None",
        "ram | peer off the bus | ScatterGatherTable | None",
        "bar | peer at the switch | ScatterGatherTable | None",
        "bar | peer across the bridge | ScatterGatherTable | None",
        "bar | page table | IommuDomain | IommuMap",
        "bar | trusted page table | PhysicalAddressList | None",
        "peer-bar | peer at the switch | ScatterGatherTable | None",
        "peer-bar | peer across the bridge | ScatterGatherTable | None",
        "physical-ram | engine behind IOMMU | ScatterGatherTable | IommuMap",
        "physical-ram | engine without IOMMU | ScatterGatherTable | None",
        "physical-ram | peer at the switch | ScatterGatherTable | IommuMap",
        "physical-ram | peer across the bridge | ScatterGatherTable | None",
        "physical-ram | peer off the bus | ScatterGatherTable | None",
        "physical-ram | page table | IommuDomain | IommuMap",
        "physical-ram | trusted page table | PhysicalAddressList | None",
        "physical-ram | static trusted page table | PhysicalAddressList | None",
    ];

    [Fact]
    public void Every_agreed_pair_is_verified_and_every_other_says_why_not()
    {
        Assert.Equal((0, string.Empty), (run.Result.ExitCode, run.Result.Errors));
        JsonElement root = run.Root;
        JsonElement[] pairs = [.. root.GetProperty("pairs").EnumerateArray()];
        Assert.Equal(6 * 12, pairs.Length);
        Assert.Equal(Agreements, pairs.Where(static pair => Text(pair, "outcome") == "verified").Select(Agreement));
        Assert.Equal(Agreements.Length, root.GetProperty("verified").GetInt32());
        Assert.Equal(pairs.Length - Agreements.Length, root.GetProperty("declined").GetInt32());
        Assert.Equal(0, root.GetProperty("failed").GetInt32());
        Assert.All(pairs.Where(static pair => Text(pair, "outcome") == "declined"), static pair =>
        {
            string reason = Text(pair, "reason")!;
            Assert.DoesNotContain('\n', reason);
            Assert.Contains(Text(pair, "importer")!, reason, StringComparison.Ordinal);
            Assert.Null(Text(pair, "mappingType"));
        });
    }

    [Fact]
    public void Real_pairs_have_a_speed_and_simulated_ones_have_none()
    {
        foreach (JsonElement pair in run.Root.GetProperty("pairs").EnumerateArray())
        {
            bool real = Text(pair, "exporter")!.StartsWith("memfd", StringComparison.Ordinal) && Text(pair, "importer") is "CPU reader" or "CPU writer" or "descriptor receiver" or "second process";
            JsonElement speed = pair.GetProperty("gigabytesPerSecond");
            if (real && Text(pair, "outcome") == "verified")
            {
                Assert.True(speed.GetDouble() > 0);
            }
            else
            {
                Assert.Equal(JsonValueKind.Null, speed.ValueKind);
            }
        }
    }

    [Theory]
    [InlineData("memfd read-only", "CPU writer", "access: memfd read-only offers Read, CPU writer wants ReadWrite")]
    [InlineData("bar", "engine behind IOMMU", "peer-to-peer: bar offers Required, engine behind IOMMU wants NotAccepted")]
    [InlineData("ram", "CPU reader", "mapping type: ram offers ScatterGatherTable, CPU reader wants Cpu")]
    public void A_decline_names_both_parties_the_property_and_both_values(string exporter, string importer, string reason)
        => Assert.Equal(reason, Text(Find(run.Root, exporter, importer), "reason"));

    [Fact]
    public void A_missing_path_and_a_veto_are_told_in_the_words_of_those_who_know()
    {
        string route = Text(Find(run.Root, "peer-bar", "peer off the bus"), "reason")!;
        Assert.StartsWith("peer-to-peer route: peer-bar offers ", route, StringComparison.Ordinal);
        Assert.Contains("the client is no PCI device", route, StringComparison.Ordinal);
        Assert.EndsWith("[EOPNOTSUPP]", Text(Find(run.Root, "bar", "static trusted page table"), "reason"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Off_a_terminal_the_table_is_plain_text_with_a_line_a_pair()
    {
        ToolResult result = await ToolRun.RunAsync("matrix");
        Assert.Equal((0, string.Empty), (result.ExitCode, result.Errors));
        Assert.True(result.Output.All(static character => character is '\n' or (>= ' ' and <= '~')), result.Output);
        string[] lines = result.Output.TrimEnd().Split('\n');
        Assert.Equal(6 * 12 + 3, lines.Length);
        Assert.All(lines, static line => Assert.False(line.EndsWith(' '), $"'{line}' ends with blanks"));
        Assert.StartsWith("GB/s (10^9 bytes): ", lines[^2], StringComparison.Ordinal);
        Assert.Equal(
            string.Create(CultureInfo.InvariantCulture, $"{Agreements.Length} verified, {72 - Agreements.Length} declined, 0 failed; simulated pairs have no speed."), lines[^1]);
        Assert.Equal(Agreements.Count(static row => !row.StartsWith("memfd", StringComparison.Ordinal)), lines[..^2].Count(static line => line.Contains(" simulated ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("shift")]
    [InlineData("swap")]
    public async Task A_wrong_table_fails_the_matrix(string mutation)
    {
        ToolResult result = await ToolRun.RunAsync("matrix", "--json", "--mutate", mutation);
        Assert.Equal(1, result.ExitCode);
        JsonElement[] pairs = [.. result.Json().GetProperty("pairs").EnumerateArray()];
        string[] mutated = [.. Agreements.Where(static row => row.StartsWith("ram ", StringComparison.Ordinal) || row.StartsWith("peer-bar ", StringComparison.Ordinal))];
        JsonElement[] failed = [.. pairs.Where(static pair => Text(pair, "outcome") == "failed")];
        Assert.Equal(mutated.Select(static row => string.Join(" | ", row.Split(" | ")[..2])), failed.Select(static pair => $"{Text(pair, "exporter")} | {Text(pair, "importer")}"));
        Assert.Equal(Agreements.Except(mutated), pairs.Where(static pair => Text(pair, "outcome") == "verified").Select(Agreement));

        // An address that is shifted leads to the next page of a contiguous mapping, and of scattered pages to a place that was never mapped.
        string[] kinds = [.. failed.Select(static pair => Text(pair, "reason")!.EndsWith("[EFAULT]", StringComparison.Ordinal) ? "fault" : Text(pair, "reason")!.Split(": ")[0]).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(mutation == "shift" ? ["fault", "wrong checksum"] : ["wrong checksum"], kinds);
    }

    [Fact]
    public async Task A_wrong_table_fails_the_run_in_text_too()
    {
        ToolResult result = await ToolRun.RunAsync("matrix", "--mutate", "swap");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("7 failed;", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--mutate", "sideways")]
    [InlineData("--mutate", "7")]
    [InlineData("--no-such-option", "1")]
    public async Task Bad_use_is_one_line_and_2(string option, string value)
    {
        ToolResult result = await ToolRun.RunAsync("matrix", option, value);
        Assert.Equal((2, string.Empty), (result.ExitCode, result.Output));
        Assert.Single(result.Errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Help_shows_examples_and_keeps_the_mutation_to_itself()
    {
        ToolResult result = await ToolRun.RunAsync("matrix", "--help");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("  dmabuf matrix --json", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("--mutate", result.Output, StringComparison.Ordinal);
    }

    private static JsonElement Find(JsonElement root, string exporter, string importer) => root.GetProperty("pairs").EnumerateArray()
        .Single(pair => Text(pair, "exporter") == exporter && Text(pair, "importer") == importer);

    private static string Agreement(JsonElement pair)
        => $"{Text(pair, "exporter")} | {Text(pair, "importer")} | {Text(pair, "mappingType")} | {Text(pair, "cost")}";

    private static string? Text(JsonElement pair, string property) => pair.GetProperty(property).GetString();
}
