using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DmaBuf.Machine;

/// <summary>Words whose addresses ascend by one page from slot to slot: written and recognised several at a time.</summary>
internal static class IoWordRun
{
    /// <summary>Writes such a run.</summary>
    public static void Fill(Span<ulong> words, ulong first, ulong step)
    {
        int written = Vector512.IsHardwareAccelerated ? FillEights(words, first, step) : FillQuads(words, first, step);
        for (int index = written; index < words.Length; index++)
        {
            words[index] = first + ((ulong)index * step);
        }
    }

    /// <returns>How many words were written.</returns>
    internal static int FillEights(Span<ulong> words, ulong first, ulong step)
    {
        Span<Vector512<ulong>> eights = MemoryMarshal.Cast<ulong, Vector512<ulong>>(words);
        Vector512<ulong> even = Vector512.Create(first) + (Vector512<ulong>.Indices * step);

        // Two sums in turns, so that no addition waits for the one before it.
        Vector512<ulong> odd = even + Vector512.Create(8 * step);
        Vector512<ulong> stride = Vector512.Create(16 * step);
        int index = 0;
        for (; index < eights.Length - 1; index += 2)
        {
            eights[index] = even;
            eights[index + 1] = odd;
            even += stride;
            odd += stride;
        }

        return index * Vector512<ulong>.Count;
    }

    /// <returns>How many words were written.</returns>
    internal static int FillQuads(Span<ulong> words, ulong first, ulong step)
    {
        Span<Vector256<ulong>> quads = MemoryMarshal.Cast<ulong, Vector256<ulong>>(words);
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

        return index * Vector256<ulong>.Count;
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
