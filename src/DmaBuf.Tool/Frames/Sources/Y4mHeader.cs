using System.Globalization;
using DmaBuf.Sharing;

namespace DmaBuf.Tool;

/// <summary>
/// The first line of a Y4M stream: <c>YUV4MPEG2</c> and parameters, each a letter and its value, with a blank between them. Width and height must be there; frame rate (F), interlacing (I),
/// pixel aspect (A), colour space (C) and comments (X) may be.
/// </summary>
internal sealed record Y4mHeader
{
    internal const string Magic = "YUV4MPEG2";

    /// <summary>Far more than any program writes.</summary>
    internal const int MaximumLength = 1024;

    private const uint MaximumSide = 65535;

    /// <summary>The line as it was, without its end; each character is one byte.</summary>
    internal required string Line { get; init; }

    internal required uint Width { get; init; }

    internal required uint Height { get; init; }

    internal required Y4mColorSpace ColorSpace { get; init; }

    /// <summary>Frames a second as the stream says them; null if it does not.</summary>
    internal double? FrameRate { get; private init; }

    private bool IsFullRange { get; init; }

    internal ulong FrameBytes => ColorSpace.FrameBytes(Width, Height);

    /// <summary>The kernel's words for it, as far as it has some.</summary>
    internal FrameDescription Description => new(
        ColorSpace.Fourcc, 0, Width, Height, Width * (uint)ColorSpace.BytesPerSample, new FrameCrop(0, 0, Width, Height), new FrameColor(0, 0, 0, IsFullRange ? (byte)1 : (byte)0));

    /// <summary>Reads the line.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="name">How complaints name the stream.</param>
    /// <exception cref="BadUseException">It is no such line; the message says which byte is not as it must be.</exception>
    internal static Y4mHeader Parse(string line, string name)
    {
        if (line != Magic && !line.StartsWith(Magic + " ", StringComparison.Ordinal))
        {
            throw Bad(name, 0, $"a Y4M stream begins with '{Magic} '; give a Y4M file, or --frame-size to cut any file");
        }

        Fields fields = new(name);
        for (int at = Magic.Length + 1; at < line.Length;)
        {
            int end = line.IndexOf(' ', at) is var blank and >= 0 ? blank : line.Length;
            if (end > at)
            {
                fields.Read(line[at..end], at);
            }

            at = end + 1;
        }

        return fields.ToHeader(line);
    }

    private static BadUseException Bad(string name, int offset, string what) => new($"{name}, line 1, byte {offset}: {what}");

    /// <summary>What was found so far; each parameter once, comments as often as they like.</summary>
    private sealed class Fields(string name)
    {
        private string _seen = string.Empty;
        private uint _width;
        private uint _height;
        private double? _rate;
        private bool _fullRange;
        private Y4mColorSpace _colorSpace = Y4mColorSpace.Default;

        internal void Read(string field, int offset)
        {
            (char tag, string value) = (field[0], field[1..]);
            if (tag != 'X' && _seen.Contains(tag, StringComparison.Ordinal))
            {
                throw Bad(name, offset, $"the parameter {tag} stands here a second time; leave one");
            }

            _seen += tag;
            switch (tag)
            {
                case 'W': _width = Side(field, value, offset); break;
                case 'H': _height = Side(field, value, offset); break;
                case 'F': _rate = Ratio(field, value, offset) is var rate && rate.Numerator > 0 && rate.Denominator > 0 ? (double)rate.Numerator / rate.Denominator : null; break;
                case 'A': _ = Ratio(field, value, offset); break;
                case 'I' when value is "p" or "t" or "b" or "m" or "?": break;
                case 'I': throw Bad(name, offset, $"'{Printable.Of(field)}' is no interlacing; there are Ip, It, Ib, Im and I?");
                case 'C': _colorSpace = Y4mColorSpace.Find(value) ?? throw Bad(name, offset, $"'{Printable.Of(value)}' is no colour space that is known; there are {Y4mColorSpace.Names}"); break;
                case 'X': _fullRange |= value == "COLORRANGE=FULL"; break;
                default: throw Bad(name, offset, $"'{Printable.Of(field)}' is no parameter; there are W, H, F, I, A, C and X");
            }
        }

        internal Y4mHeader ToHeader(string line)
        {
            if (_width == 0 || _height == 0)
            {
                throw Bad(name, line.Length, $"the line ends without {(_width == 0 ? "a width (W)" : "a height (H)")}, and a picture needs both");
            }

            Y4mHeader header = new() { Line = line, Width = _width, Height = _height, ColorSpace = _colorSpace, FrameRate = _rate, IsFullRange = _fullRange };
            return header.FrameBytes <= FrameSource.MaximumFrameBytes
                ? header
                : throw Bad(name, 0, $"a picture of {_width}x{_height} in {_colorSpace.Name} has {header.FrameBytes} bytes, and a frame can have {FrameSource.MaximumFrameBytes}");
        }

        private uint Side(string field, string value, int offset)
            => uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint side) && side is > 0 and <= MaximumSide
                ? side
                : throw Bad(name, offset, $"'{Printable.Of(field)}' is no {(field[0] == 'W' ? "width" : "height")} of 1 to {MaximumSide} pixels");

        private (uint Numerator, uint Denominator) Ratio(string field, string value, int offset)
        {
            string[] parts = value.Split(':');
            if (parts.Length == 2
                && uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out uint numerator)
                && uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint denominator))
            {
                return (numerator, denominator);
            }

            throw Bad(name, offset, $"'{Printable.Of(field)}' is no {(field[0] == 'F' ? "frame rate, such as F30:1" : "pixel aspect, such as A1:1")}");
        }
    }
}
