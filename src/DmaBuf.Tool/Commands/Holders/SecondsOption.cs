using System.CommandLine;
using System.Globalization;

namespace DmaBuf.Tool;

/// <summary>An option that takes a time in seconds, fractions allowed.</summary>
internal sealed class SecondsOption : Option<double>
{
    private const double Shortest = 0.05;
    private const double Longest = 7 * 24 * 3600;

    internal SecondsOption(string name, string description, double usual)
        : base(name)
    {
        Description = description;
        HelpName = "SECONDS";
        DefaultValueFactory = _ => usual;
    }

    /// <exception cref="BadUseException">It is too short or too long.</exception>
    internal TimeSpan Of(ParseResult arguments) => arguments.GetValue(this) is >= Shortest and <= Longest and var seconds
        ? TimeSpan.FromSeconds(seconds)
        : throw new BadUseException(string.Create(CultureInfo.InvariantCulture, $"{Name} takes {Shortest} to {Longest} seconds"));
}
