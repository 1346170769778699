using DmaBuf.Sharing;

namespace DmaBuf.Tool;

/// <summary>
/// A test picture: eight colour bars that move by two pixels a frame, and above them the frame's number as 32 black or white fields, the highest bit first. Planar YUV 4:2:0.
/// </summary>
internal sealed class PatternSource : FrameSource
{
    private const int Bits = 32;
    private const int Step = 2;
    private const byte Black = 16;
    private const byte White = 235;

    // White, yellow, cyan, green, magenta, red, blue, black at 75 %, as ITU-R BT.601 has them.
    private static readonly byte[] s_luma = [180, 162, 131, 112, 84, 65, 35, 16];
    private static readonly byte[] s_blue = [128, 44, 156, 72, 184, 100, 212, 128];
    private static readonly byte[] s_red = [128, 142, 44, 58, 198, 212, 114, 128];

    private readonly Y4mHeader _header;
    private readonly byte[][] _bars; // a line of each plane, twice, so that every shift of it is one piece
    private uint _number;

    internal PatternSource(uint width, uint height, double? rate)
    {
        _header = Y4mHeader.Parse($"{Y4mHeader.Magic} W{width} H{height} F{Rate(rate)} Ip A1:1 C420jpeg", "the pattern");
        int chroma = (int)(width + 1) / 2;
        _bars = [Bars(s_luma, (int)width), Bars(s_blue, chroma), Bars(s_red, chroma)];
    }

    internal override string Name => $"pattern {_header.Width}x{_header.Height}";

    internal override string Header => _header.Line;

    internal override ulong FrameBytes => _header.FrameBytes;

    /// <summary>It has no end.</summary>
    internal override ulong? Count => null;

    internal override FrameDescription Description => _header.Description;

    internal override bool MoveNext()
    {
        _number++;
        return true;
    }

    internal override int Fill(Span<byte> frame)
    {
        int width = (int)_header.Width;
        int height = (int)_header.Height;
        int shift = (int)((long)(_number - 1) * Step % width) & ~1;
        Span<byte> rest = DrawPlane(frame, _bars[0], width, height, shift);
        int chroma = (width + 1) / 2;
        rest = DrawPlane(rest, _bars[1], chroma, (height + 1) / 2, shift / 2);
        DrawPlane(rest, _bars[2], chroma, (height + 1) / 2, shift / 2);
        DrawNumber(frame, width, Math.Max(1, height / 8));
        return (int)FrameBytes;
    }

    internal override void Skip()
    {
    }

    private static string Rate(double? rate) => (rate ?? 30) is var given && double.IsInteger(given) ? $"{(uint)given}:1" : $"{Math.Max(1, (uint)Math.Round(given * 1000))}:1000";

    private static byte[] Bars(byte[] colours, int width)
    {
        byte[] bars = new byte[2 * width];
        for (int x = 0; x < bars.Length; x++)
        {
            bars[x] = colours[x % width * colours.Length / width];
        }

        return bars;
    }

    private static Span<byte> DrawPlane(Span<byte> frame, byte[] bars, int width, int height, int shift)
    {
        for (int y = 0; y < height; y++)
        {
            bars.AsSpan(shift, width).CopyTo(frame[(y * width)..]);
        }

        return frame[(width * height)..];
    }

    private void DrawNumber(Span<byte> luma, int width, int lines)
    {
        for (int x = 0; x < width; x++)
        {
            int bit = Bits - 1 - (int)((long)x * Bits / width);
            luma[x] = (_number >> bit & 1) == 1 ? White : Black;
        }

        for (int y = 1; y < lines; y++)
        {
            luma[..width].CopyTo(luma[(y * width)..]);
        }
    }
}
