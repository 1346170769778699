using System.Globalization;
using System.Xml.Linq;

namespace DmaBuf.Bench.Tests;

public sealed class GrowthPlotTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Rows_of_one_curve_are_drawn_together_in_ascending_size()
    {
        GrowthCurve curve = Assert.Single(GrowthCurve.AllOf(Document(100, 1, 10)));

        Assert.Equal([1, 10, 100], curve.Rows.Select(row => row.Growth!.Size));
        Assert.Equal("growth-ranges.svg", curve.FileName);
    }

    [Fact]
    public void A_drawing_is_well_formed_and_stays_inside_its_frame()
    {
        XElement svg = XElement.Parse(GrowthPlot.Draw(GrowthCurve.AllOf(Document(1, 1000, 1_000_000)).Single()));
        double[] frame = [.. svg.Attribute("viewBox")!.Value.Split(' ').Select(Number)];

        XElement[] points = [.. svg.Elements(s_svg + "circle")];
        Assert.Equal(6, points.Length);
        Assert.All(points, point => Assert.InRange(Number(point.Attribute("cx")!.Value), 0, frame[2]));
        Assert.All(points, point => Assert.InRange(Number(point.Attribute("cy")!.Value), 0, frame[3]));
        Assert.Contains("a < b", svg.Element(s_svg + "title")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void What_costs_ten_times_as_much_is_drawn_one_decade_higher()
    {
        LogarithmicScale scale = new([1, 1000], 300, 0);

        Assert.Equal([300, 200, 100, 0], scale.Ticks.Select(scale.At));
    }

    [Fact]
    public void The_page_shows_every_drawing_that_is_written()
    {
        string folder = Directory.CreateTempSubdirectory("dmabuf-bench-tests-").FullName;
        try
        {
            ReportFile.Write(folder, Document(1, 10));
            Assert.Contains("(growth-ranges.svg)", File.ReadAllText(Path.Combine(folder, "results.md")), StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(folder, "growth-ranges.svg")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static ResultDocument Document(params int[] sizes) => new(
        new MachineFacts("processor", 2, "X64", "system", ".NET", "gcc"),
        [new MeasuredRuntime("JIT", 0.5)],
        9,
        [
            .. sizes.Select(size => new ResultRow(
                $"row {size}",
                "ns/range",
                null,
                null,
                [new RunResult("JIT", new SideStatistics(2, 3, 40), new SideStatistics(1, 2, 3), 0)],
                new GrowthPoint("a < b", "ranges", size))),
        ]);
}
