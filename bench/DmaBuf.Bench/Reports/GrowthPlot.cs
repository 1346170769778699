using System.Globalization;
using System.Security;
using System.Text;

namespace DmaBuf.Bench;

/// <summary>
/// Draws a curve as SVG: what one unit costs in C# and in C, over what grows. Readable on light and dark pages, and without colours: the C side is dashed.
/// </summary>
internal static class GrowthPlot
{
    private const int Width = 640;
    private const int Height = 360;
    private const int Left = 70;
    private const int Right = Width - 20;
    private const int Top = 50;
    private const int Bottom = Height - 50;

    /// <summary>The drawing, as the text of an SVG file.</summary>
    public static string Draw(GrowthCurve curve)
    {
        double[] sizes = [.. curve.Rows.Select(static row => (double)row.Growth!.Size)];
        double[] times = [.. curve.Rows.SelectMany(static row => (double[])[row.OurRounds.Min, row.OurRounds.Max, row.TwinRounds.Min, row.TwinRounds.Max])];
        LogarithmicScale across = new(sizes, Left, Right);
        LogarithmicScale up = new(times, Bottom, Top);
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="sans-serif" font-size="12" role="img">
            <title>{Escape(curve.Title)}</title>
            <rect width="{Width}" height="{Height}" fill="#ffffff"/>
            <text x="{Left}" y="22" font-size="14" fill="#222222">{Escape(curve.Title)}</text>

            """);
        DrawAxes(svg, curve, across, up);
        DrawSide(svg, "C", "#b3541e", "6 4", sizes, [.. curve.Rows.Select(static row => row.TwinRounds)], across, up, 0);
        DrawSide(svg, "C#", "#1f5fa8", "none", sizes, [.. curve.Rows.Select(static row => row.OurRounds)], across, up, 1);
        return svg.Append("</svg>\n").ToString();
    }

    private static void DrawAxes(StringBuilder svg, GrowthCurve curve, LogarithmicScale across, LogarithmicScale up)
    {
        foreach (double tick in across.Ticks)
        {
            Line(svg, across.At(tick), Top, across.At(tick), Bottom);
            Label(svg, across.At(tick), Bottom + 16, "middle", tick.ToString("#,0", CultureInfo.InvariantCulture));
        }

        foreach (double tick in up.Ticks)
        {
            Line(svg, Left, up.At(tick), Right, up.At(tick));
            Label(svg, Left - 6, up.At(tick) + 4, "end", tick.ToString("#,0.####", CultureInfo.InvariantCulture));
        }

        Label(svg, (Left + Right) / 2.0, Height - 12, "middle", curve.Axis);
        Label(svg, Left, Top - 8, "start", curve.Unit);
    }

    private static void DrawSide(
        StringBuilder svg, string name, string colour, string dashes, double[] sizes, SideStatistics[] rounds, LogarithmicScale across, LogarithmicScale up, int place)
    {
        IEnumerable<string> slowest = sizes.Select((size, index) => Point(across.At(size), up.At(rounds[index].Max)));
        IEnumerable<string> fastest = sizes.Select((size, index) => Point(across.At(size), up.At(rounds[index].Min))).Reverse();
        IEnumerable<string> medians = sizes.Select((size, index) => Point(across.At(size), up.At(rounds[index].Median)));
        svg.Append(CultureInfo.InvariantCulture, $"""
            <polygon points="{string.Join(' ', slowest.Concat(fastest))}" fill="{colour}" fill-opacity="0.15"/>
            <polyline points="{string.Join(' ', medians)}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>

            """);
        for (int index = 0; index < sizes.Length; index++)
        {
            svg.Append(CultureInfo.InvariantCulture, $"""
                <circle cx="{across.At(sizes[index]):0.#}" cy="{up.At(rounds[index].Median):0.#}" r="3" fill="{colour}"><title>{name}, {sizes[index]:#,0}: {Figure.Nanoseconds(rounds[index].Median)}</title></circle>

                """);
        }

        int keyLeft = Right - 110 + (place * 60);
        svg.Append(CultureInfo.InvariantCulture, $"""
            <path d="M{keyLeft} {Top - 12}h24" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>

            """);
        Label(svg, keyLeft + 28, Top - 8, "start", name);
    }

    private static void Line(StringBuilder svg, double fromX, double fromY, double toX, double toY) =>
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{fromX:0.#} {fromY:0.#}L{toX:0.#} {toY:0.#}\" stroke=\"#d8d8d8\"/>\n");

    private static void Label(StringBuilder svg, double x, double y, string anchor, string text) =>
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\" fill=\"#444444\">{Escape(text)}</text>\n");

    private static string Point(double x, double y) => string.Create(CultureInfo.InvariantCulture, $"{x:0.#},{y:0.#}");

    private static string Escape(string text) => SecurityElement.Escape(text);
}
