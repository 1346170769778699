using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DmaBuf.Machine;

/// <summary>Words whose addresses ascend by one page from slot to slot: written and recognised several at a time.</summary>
internal static class IoWordRun
{
    /// <summary>Writes such a run.</summary>
    public static void Fill(Span<ulong> words, ulong first, ulong step)
    {
        Span<Vector256<ulong>> quads = MemoryMarshal.Cast<ulong, Vector256<ulong>>(words);
        if (quads.Length > 1)
        {
            // Two sums in turns, so that no addition waits for the one before it.
            Vector256<ulong> even = Vector256.Create(first, first + step, first + (2 * step), first + (3 * step));
            Vector256<ulong> odd = even + Vector256.Create(4 * step);
            Vector256<ulong> stride = Vector256.Create(8 * step);
            int index = 0;
            for (; index < quads.Length - 1; index += 2)
            {
                quads[index] = even;
                quads[index + 1] = odd;
                even += stride;
                odd += stride;
            }

            int written = index * Vector256<ulong>.Count;
            first += (ulong)written * step;
            words = words[written..];
        }

        for (int index = 0; index < words.Length; index++)
        {
            words[index] = first;
            first += step;
        }
    }

    /// <summary>True if the words are one such run.</summary>
    public static bool Is(ReadOnlySpan<ulong> words, ulong step)
    {
        ulong expected = words[0];
        foreach (ulong word in words)
        {
            if (word != expected)
            {
                return false;
            }

            expected += step;
        }

        return true;
    }
}
