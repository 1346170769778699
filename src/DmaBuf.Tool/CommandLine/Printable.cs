using System.Globalization;
using System.Text;

namespace DmaBuf.Tool;

/// <summary>
/// Text that a stranger chose, such as the name of a process or of a buffer, on one line and without commands for the terminal: control characters, and those that turn the direction of
/// writing, are written as <c>\xNN</c>.
/// </summary>
internal static class Printable
{
    internal static string Of(string text)
    {
        if (!text.Any(IsDangerous))
        {
            return text;
        }

        StringBuilder printable = new(text.Length + 8);
        foreach (char letter in text)
        {
            if (IsDangerous(letter))
            {
                printable.Append(CultureInfo.InvariantCulture, $"\\x{(int)letter:x2}");
            }
            else
            {
                printable.Append(letter);
            }
        }

        return printable.ToString();
    }

    private static bool IsDangerous(char letter) =>
        char.GetUnicodeCategory(letter) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
