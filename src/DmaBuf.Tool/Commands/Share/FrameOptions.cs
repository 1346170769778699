using System.CommandLine;
using System.Globalization;

namespace DmaBuf.Tool;

/// <summary>What the forms of <c>share</c> have in common: an option of both, which options go together, and how their values are read.</summary>
internal static class FrameOptions
{
    /// <summary>Of publishers and subscribers.</summary>
    internal static Option<ulong?> Count { get; } = new("--count") { HelpName = "N", Description = "End after N frames." };

    /// <exception cref="BadUseException">One of these options was given.</exception>
    internal static void Refuse(ParseResult arguments, string reason, IReadOnlyList<Option> options)
    {
        foreach (Option option in options)
        {
            if (arguments.GetResult(option) is { Implicit: false })
            {
                throw new BadUseException($"{option.Name} does not belong here: {reason}; run 'dmabuf share --help' for what each form takes");
            }
        }
    }

    /// <exception cref="BadUseException">The value is outside.</exception>
    internal static ulong? InRange(ulong? value, ulong least, ulong most, string option)
        => value is null || (value >= least && value <= most) ? value : throw new BadUseException($"{option} {value} cannot be; give {least} to {most}");

    /// <summary>Seconds or a rate: above zero.</summary>
    internal static double? Positive(double? value, double most, string option)
        => value is null || (value > 0 && value <= most)
            ? value
            : throw new BadUseException(string.Create(CultureInfo.InvariantCulture, $"{option} {value} cannot be; give a number above 0, up to {most}"));

    /// <summary>A number of bytes, with K, M or G behind it for multiples of 1024.</summary>
    internal static ulong Bytes(string text, string option)
    {
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        string digits = shift == 0 ? text : text[..^1];
        return ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && number > 0 && number <= FrameSource.MaximumFrameBytes >> shift
            ? number << shift
            : throw new BadUseException($"{option} '{Printable.Of(text)}' cannot be; give 1 to {FrameSource.MaximumFrameBytes} bytes, such as 65536 or 8M");
    }

    /// <summary>Width and height.</summary>
    internal static (uint Width, uint Height) Picture(string text, string option)
        => text.Split('x') is [string left, string right]
            && uint.TryParse(left, NumberStyles.None, CultureInfo.InvariantCulture, out uint width)
            && uint.TryParse(right, NumberStyles.None, CultureInfo.InvariantCulture, out uint height)
            && width is >= 2 and <= 16384 && height is >= 2 and <= 16384
                ? (width, height)
                : throw new BadUseException($"{option} '{Printable.Of(text)}' cannot be; give width and height of 2 to 16384 pixels, such as 640x480");
}
