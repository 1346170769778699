using System.Globalization;

namespace DmaBuf.Bench;

/// <summary>Figures as people read them: as many digits as mean something.</summary>
internal static class Figure
{
    /// <summary>Nanoseconds, three digits or so.</summary>
    public static string Nanoseconds(double value) => value.ToString(value < 100 ? "0.00" : "0", CultureInfo.InvariantCulture);

    /// <summary>Minimum, median and maximum of one side.</summary>
    public static string Rounds(SideStatistics side) =>
        $"{Nanoseconds(side.Min)} / {Nanoseconds(side.Median)} / {Nanoseconds(side.Max)}";

    /// <summary>A ratio.</summary>
    public static string Ratio(double value) => value.ToString(value < 0.1 ? "0.000" : "0.00", CultureInfo.InvariantCulture);

    /// <summary>Bytes; a fraction only where there is one.</summary>
    public static string Bytes(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Whether a row met its targets, and by how much it missed.</summary>
    public static string Verdict(ResultRow row)
    {
        string time = row.Met switch
        {
            null => "no target",
            true => "met",
            false => string.Create(CultureInfo.InvariantCulture, $"missed by {((row.Ratio / row.Target!.Value) - 1) * 100:0} %"),
        };
        return row.AllocationMet == false ? $"{time}; allocates {Bytes(row.AllocatedBytes - row.AllowedBytes!.Value)} B too many" : time;
    }
}
