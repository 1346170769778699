namespace DmaBuf.Bench;

/// <summary>The rows of a report that belong to one curve.</summary>
/// <param name="Title">What was measured.</param>
/// <param name="Axis">What grows.</param>
/// <param name="Unit">What a figure counts.</param>
/// <param name="Rows">At least one, in ascending size.</param>
internal sealed record GrowthCurve(string Title, string Axis, string Unit, IReadOnlyList<ResultRow> Rows)
{
    /// <summary>What the drawing's file is called.</summary>
    public string FileName => $"growth-{Axis}.svg";

    /// <summary>The curves of a report, in the order of their first rows.</summary>
    public static IEnumerable<GrowthCurve> AllOf(ResultDocument document) =>
        from row in document.Rows
        where row.Growth is not null
        orderby row.Growth!.Size
        group row by (row.Growth!.Curve, row.Growth.Axis, row.Unit) into curve
        orderby curve.Key.Axis
        select new GrowthCurve(curve.Key.Curve, curve.Key.Axis, curve.Key.Unit, [.. curve]);
}
