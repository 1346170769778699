using System.Runtime.InteropServices;

namespace DmaBuf.Sharing.Tests;

/// <summary>Frames whose every word tells of which frame it is and where in it, as in subscriber.c: a word of another frame, or of none, is noticed.</summary>
internal static class NumberedFrames
{
    internal static void Fill(Span<byte> bytes, ulong sequence)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        for (int index = 0; index < words.Length; index++)
            words[index] = Word(sequence, index);
    }

    internal static bool IsWhole(ReadOnlySpan<byte> bytes, ulong sequence)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        for (int index = 0; index < words.Length; index++)
        {
            if (words[index] != Word(sequence, index))
                return false;
        }

        return true;
    }

    private static ulong Word(ulong sequence, int index) => unchecked((sequence * 0x9E3779B97F4A7C15) + (ulong)index);
}
