using System.Runtime.InteropServices;

namespace DmaBuf.Tool;

/// <summary>Bytes that differ from page to page, so that a page in the wrong place changes the checksum.</summary>
internal static class MatrixPattern
{
    internal static byte[] Make(int length, int seed)
    {
        byte[] bytes = new byte[length];
        FillWith(bytes, seed);
        return bytes;
    }

    // xorshift: the same bytes everywhere, and quick enough for the real buffers.
    private static void FillWith(Span<byte> bytes, int seed)
    {
        ulong state = 0x9E37_79B9_7F4A_7C15 ^ (uint)seed;
        foreach (ref ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word = state;
        }
    }
}
