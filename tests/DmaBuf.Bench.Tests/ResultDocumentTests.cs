using System.Text.Json;

namespace DmaBuf.Bench.Tests;

public sealed class ResultDocumentTests : IDisposable
{
    private static readonly MachineFacts s_machine = new("processor", 2, "X64", "system", ".NET", "gcc");
    private readonly string _folder = Directory.CreateTempSubdirectory("dmabuf-bench-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_target_holds_for_the_better_of_the_two_runtimes()
    {
        ResultRow row = ResultDocument.Merge(Document("JIT", ratio: 1.5), Document("NativeAOT", ratio: 1.1)).Rows[0];

        Assert.Equal("NativeAOT", row.Runtime);
        Assert.Equal(1.1, row.Ratio, 6);
        Assert.True(row.Met);
        Assert.Equal("met", Figure.Verdict(row));
    }

    [Fact]
    public void A_missed_target_says_by_how_much() =>
        Assert.Equal("missed by 25 %", Figure.Verdict(Document("JIT", ratio: 1.5).Rows[0]));

    [Fact]
    public void The_worse_allocation_counts_because_it_is_still_in_the_code()
    {
        ResultRow row = ResultDocument.Merge(Document("JIT", ratio: 1, bytes: 24), Document("NativeAOT", ratio: 0.9)).Rows[0];

        Assert.False(row.AllocationMet);
        Assert.Equal("met; allocates 24 B too many", Figure.Verdict(row));
    }

    [Fact]
    public void Reports_of_different_machines_are_not_joined()
    {
        ResultDocument other = Document("NativeAOT", ratio: 1) with { Machine = s_machine with { Cores = 64 } };

        Assert.Throws<BenchmarkException>(() => ResultDocument.Merge(Document("JIT", ratio: 1), other));
    }

    [Fact]
    public void Two_reports_of_one_runtime_are_not_joined() =>
        Assert.Throws<BenchmarkException>(() => ResultDocument.Merge(Document("JIT", ratio: 1), Document("JIT", ratio: 1)));

    [Fact]
    public void Reports_with_different_rows_are_not_joined()
    {
        ResultDocument other = Document("NativeAOT", ratio: 1, name: "another row");

        Assert.Throws<BenchmarkException>(() => ResultDocument.Merge(Document("JIT", ratio: 1), other));
    }

    [Fact]
    public void A_report_is_read_back_as_it_was_written()
    {
        ResultDocument written = Document("JIT", ratio: 1.5);

        ReportFile.Write(_folder, written);
        ResultDocument read = ReportFile.Read(Path.Combine(_folder, "results.json"));

        Assert.Equal(ReportFile.ToJson(written), ReportFile.ToJson(read));
    }

    [Fact]
    public void The_json_rows_have_the_documented_members()
    {
        using JsonDocument json = JsonDocument.Parse(ReportFile.ToJson(Document("JIT", ratio: 1.5)));
        JsonElement row = json.RootElement.GetProperty("rows")[0];

        Assert.Equal("row", row.GetProperty("name").GetString());
        Assert.Equal("ns/operation", row.GetProperty("unit").GetString());
        Assert.Equal(15, row.GetProperty("ours").GetDouble());
        Assert.Equal(10, row.GetProperty("twin").GetDouble());
        Assert.Equal(1.5, row.GetProperty("ratio").GetDouble());
        Assert.Equal(1.2, row.GetProperty("target").GetDouble());
        foreach (string side in new[] { "ourRounds", "twinRounds" })
            Assert.Equal(["min", "median", "max"], row.GetProperty(side).EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public void A_file_that_is_no_report_is_refused_with_one_line()
    {
        string path = Path.Combine(_folder, "results.json");
        File.WriteAllText(path, "{ \"rows\": 3 }");

        Assert.Equal(2, Assert.Throws<BenchmarkException>(() => ReportFile.Read(path)).ExitCode);
    }

    [Theory]
    [InlineData(1.05, false)]
    [InlineData(1.2, true)]
    [InlineData(0.8, true)]
    public void A_control_that_is_off_by_more_than_a_tenth_devalues_the_report(double ratio, bool devalued)
    {
        ResultDocument document = Document("JIT", ratio, name: ControlCase.RowName);

        Assert.Equal(devalued ? ["JIT"] : [], document.Untrusted);
        Assert.Equal(devalued, MarkdownReport.Format(document).Contains("NOT TO BE TRUSTED", StringComparison.Ordinal));
    }

    private static ResultDocument Document(string runtime, double ratio, double bytes = 0, string name = "row")
    {
        var ours = new SideStatistics(9 * ratio, 10 * ratio, 11 * ratio);
        var twin = new SideStatistics(9, 10, 11);
        return new ResultDocument(
            s_machine,
            [new MeasuredRuntime(runtime, 0.5)],
            9,
            [new ResultRow(name, "ns/operation", 1.2, 0, [new RunResult(runtime, ours, twin, bytes)])]);
    }
}
