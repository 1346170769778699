using System.Runtime.InteropServices;

namespace DmaBuf.Linux.Tests;

/// <summary>The picture that vivid shows unless told otherwise: upright bars of eight colours, with text in the upper left corner.</summary>
internal static class TestPicture
{
    internal static void AssertShown(byte[] bytes, VideoFormat format)
    {
        Assert.Equal("YUYV", format.PixelFormat);
        ReadOnlySpan<byte> below = Line(bytes, format, format.Height - 20);
        ReadOnlySpan<byte> lowest = Line(bytes, format, format.Height - 1);
        Assert.True(below.SequenceEqual(lowest), "The bars do not stand upright.");
        int bars = 1;
        ReadOnlySpan<uint> pairs = MemoryMarshal.Cast<byte, uint>(lowest);
        for (int at = 1; at < pairs.Length; at++)
        {
            bars += pairs[at] == pairs[at - 1] ? 0 : 1;
        }

        Assert.InRange(bars, 8, 24); // at an edge one pair mixes two colours
    }

    private static ReadOnlySpan<byte> Line(byte[] bytes, VideoFormat format, uint line) =>
        bytes.AsSpan((int)(line * format.Planes[0].BytesPerLine), (int)format.Width * 2);
}
