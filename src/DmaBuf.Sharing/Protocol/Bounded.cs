using System.Text;

namespace DmaBuf.Sharing;

/// <summary>Texts that fit a message.</summary>
internal static class Bounded
{
    /// <summary>The text, cut at a whole character if it is too long.</summary>
    internal static string Text(string text, int maximumBytes)
    {
        if (Encoding.UTF8.GetByteCount(text) <= maximumBytes)
        {
            return text;
        }

        StringBuilder kept = new();
        int bytes = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if ((bytes += rune.Utf8SequenceLength) > maximumBytes)
            {
                break;
            }

            kept.Append(rune.ToString());
        }

        return kept.ToString();
    }
}
