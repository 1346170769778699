using System.Globalization;
using System.Text.Json;

namespace DmaBuf.Machine;

/// <summary>
/// Addresses and sizes as people write them: a number, a text of hexadecimal digits after <c>0x</c> with <c>_</c> between groups, and for sizes a text such as
/// <c>16 MiB</c>.
/// </summary>
internal static class MachineNumber
{
    private const int ShownLength = 40;

    private static readonly (string Name, int Shift)[] s_units = [(" KiB", 10), (" MiB", 20), (" GiB", 30), (" TiB", 40)];

    public static ulong ReadAddress(JsonElement value, string place) => Plain(value) ?? Hexadecimal(value)
        ?? throw MachineFacts.Bad(place, "a whole number from 0 below 2^64 or a text such as \"0x1000\" is needed", value);

    public static ulong ReadSize(JsonElement value, string place) => Plain(value) ?? Hexadecimal(value) ?? WithUnit(value)
        ?? throw MachineFacts.Bad(place, "a whole number of bytes below 2^64, or a text such as \"0x1000\" or \"16 MiB\", is needed", value);

    /// <summary>A value as it stands in the document, shortened; safe to print.</summary>
    public static string Shown(JsonElement value) => Shorten(Escape(value.GetRawText()));

    /// <summary>A text in quotes, shortened; safe to print.</summary>
    public static string Quote(string text) => Shorten($"'{Escape(text)}'");

    /// <summary>A text on one line, without what a terminal would obey.</summary>
    public static string Printable(string text) => string.Create(
        text.Length,
        text,
        static (shown, text) =>
        {
            for (int index = 0; index < shown.Length; index++)
            {
                shown[index] = char.IsControl(text[index]) || char.IsSurrogate(text[index]) ? '?' : text[index];
            }
        });

    private static ulong? Plain(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number) ? number : null;

    private static ulong? Hexadecimal(JsonElement value)
    {
        string text = PlainText(value);
        if (!text.StartsWith("0x", StringComparison.Ordinal) || text.EndsWith('_') || text.StartsWith("0x_", StringComparison.Ordinal) || text.Contains("__", StringComparison.Ordinal))
        {
            return null;
        }

        string digits = text[2..].Replace("_", string.Empty, StringComparison.Ordinal);
        return ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number) ? number : null;
    }

    private static ulong? WithUnit(JsonElement value)
    {
        string text = PlainText(value);
        foreach ((string name, int shift) in s_units)
        {
            if (text.EndsWith(name, StringComparison.Ordinal)
                && ulong.TryParse(text.AsSpan(0, text.Length - name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
                && number <= ulong.MaxValue >> shift)
            {
                return number << shift;
            }
        }

        return null;
    }

    // What is long or escaped is no number, and is not decoded.
    private static string PlainText(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetRawText() is { Length: <= ShownLength } raw && !raw.Contains('\\', StringComparison.Ordinal)
        ? raw[1..^1]
        : string.Empty;

    private static string Shorten(string text) => text.Length <= ShownLength ? text : $"{text.AsSpan(0, ShownLength - 4)}...{text[^1]}";

    private static string Escape(string text) => Printable(text.Length <= ShownLength ? text : string.Concat(text.AsSpan(0, ShownLength), text.AsSpan(text.Length - 1)));
}
