using System.Globalization;

namespace DmaBuf.Linux;

/// <summary>A BAR as sysfs shows it (<c>resource</c>).</summary>
/// <param name="Index">0 to 5; 6 is the expansion ROM.</param>
/// <param name="Start">The CPU physical address of the first byte.</param>
/// <param name="Length">Bytes; never 0.</param>
/// <param name="IsMemory">Whether it is memory; an I/O port range otherwise.</param>
/// <param name="IsPrefetchable">Whether reads have no side effects.</param>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly record struct SysfsPciBar(int Index, PhysicalAddress Start, ulong Length, bool IsMemory, bool IsPrefetchable)
{
    private const int Bars = 7;
    private const ulong Memory = 0x200;
    private const ulong Prefetchable = 0x2000;

    /// <summary>The file's first seven lines; each has start, last byte and flags.</summary>
    internal static IReadOnlyList<SysfsPciBar> Parse(string resource)
    {
        List<SysfsPciBar> bars = [];
        string[] lines = resource.Split('\n');
        for (int index = 0; index < Math.Min(lines.Length, Bars); index++)
        {
            string[] numbers = lines[index].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (numbers.Length == 3 && TryParse(numbers[0], out ulong start) && TryParse(numbers[1], out ulong last) && TryParse(numbers[2], out ulong flags)
                && flags != 0 && last >= start && last - start != ulong.MaxValue)
            {
                bars.Add(new SysfsPciBar(index, new PhysicalAddress(start), last - start + 1, (flags & Memory) != 0, (flags & Prefetchable) != 0));
            }
        }

        return bars;
    }

    private static bool TryParse(string text, out ulong number)
    {
        number = 0;
        return text.StartsWith("0x", StringComparison.Ordinal) && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
    }
}
