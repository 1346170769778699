using System.Text;
using DmaBuf.Sharing;

namespace DmaBuf.Tool.Tests;

/// <summary>What a Y4M stream may look like, and where a broken one is said to be broken.</summary>
public sealed class Y4mSourceTests
{
    [Theory]
    [InlineData("420jpeg", 24 + 12)]
    [InlineData("420", 24 + 12)]
    [InlineData("420mpeg2", 24 + 12)]
    [InlineData("420paldv", 24 + 12)]
    [InlineData("411", 24 + 16)]
    [InlineData("422", 24 + 24)]
    [InlineData("444", 3 * 24)]
    [InlineData("444alpha", 4 * 24)]
    [InlineData("mono", 24)]
    [InlineData("mono16", 2 * 24)]
    [InlineData("420p10", 2 * (24 + 12))]
    [InlineData("422p12", 2 * (24 + 24))]
    [InlineData("444p16", 2 * 3 * 24)]
    public void Each_colour_space_has_its_bytes(string colours, int bytes)
        => Assert.Equal((ulong)bytes, Y4mHeader.Parse($"YUV4MPEG2 W6 H4 C{colours}", "clip").FrameBytes);

    [Fact]
    public void Odd_sides_are_rounded_up_for_chroma()
    {
        Assert.Equal(15UL + (2 * 3 * 2), Y4mHeader.Parse("YUV4MPEG2 W5 H3 C420", "clip").FrameBytes);
        Assert.Equal(15UL + (2 * 2 * 3), Y4mHeader.Parse("YUV4MPEG2 W5 H3 C411", "clip").FrameBytes);
    }

    [Fact]
    public void The_first_line_says_rate_range_and_format()
    {
        Y4mHeader header = Y4mHeader.Parse("YUV4MPEG2 W640  H480 F30000:1001 Ip A128:117 C422 XCOLORRANGE=FULL Xanything\u00e9", "clip");
        Assert.Equal((640U, 480U, 30000 / 1001.0), (header.Width, header.Height, header.FrameRate!.Value));
        Assert.Equal(new FrameDescription(0x36315559, 0, 640, 480, 640, new FrameCrop(0, 0, 640, 480), new FrameColor(0, 0, 0, 1)), header.Description);
        Assert.Equal("420jpeg", Y4mHeader.Parse("YUV4MPEG2 W2 H2 F0:0", "clip").ColorSpace.Name);
        Assert.Null(Y4mHeader.Parse("YUV4MPEG2 W2 H2 F0:0", "clip").FrameRate);
    }

    [Theory]
    [InlineData("RIFF", "clip, line 1, byte 0: a Y4M stream begins with 'YUV4MPEG2 '")]
    [InlineData("YUV4MPEG2W2 H2", "byte 0: a Y4M stream begins")]
    [InlineData("YUV4MPEG2", "byte 9: the line ends without a width (W)")]
    [InlineData("YUV4MPEG2 W2", "byte 12: the line ends without a height (H)")]
    [InlineData("YUV4MPEG2 W2 H2 W2", "byte 16: the parameter W stands here a second time")]
    [InlineData("YUV4MPEG2 Wtwo H2", "byte 10: 'Wtwo' is no width")]
    [InlineData("YUV4MPEG2 W2 H0", "byte 13: 'H0' is no height")]
    [InlineData("YUV4MPEG2 W-2 H2", "byte 10: 'W-2' is no width")]
    [InlineData("YUV4MPEG2 W2 H2 F25", "byte 16: 'F25' is no frame rate, such as F30:1")]
    [InlineData("YUV4MPEG2 W2 H2 A1:x", "byte 16: 'A1:x' is no pixel aspect")]
    [InlineData("YUV4MPEG2 W2 H2 Ix", "byte 16: 'Ix' is no interlacing")]
    [InlineData("YUV4MPEG2 W2 H2 C421", "byte 16: '421' is no colour space that is known; there are 420,")]
    [InlineData("YUV4MPEG2 W2 H2 C420p11", "'420p11' is no colour space")]
    [InlineData("YUV4MPEG2 W2 H2 \u001bQ", "byte 16: '\\x1bQ' is no parameter")]
    [InlineData("YUV4MPEG2 W65535 H65535 C444", "has 12884508675 bytes, and a frame can have")]
    public void A_first_line_that_is_none_is_refused_where_it_goes_wrong(string line, string words)
        => Assert.Contains(words, Assert.Throws<BadUseException>(() => Y4mHeader.Parse(line, "clip")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("YUV4MPEG2 W2 H2", "line 1, byte 15: the stream ends in its first line")]
    [InlineData("YUV4MPEG2 W2 H2\n", "byte 16: the stream has no frame")]
    [InlineData("YUV4MPEG2 W2 H2\nFRAME\n123456FRAME\n12345", "frame 2, byte 39: the stream ends after 5 of the picture's 6 bytes")]
    [InlineData("YUV4MPEG2 W2 H2\nFRAME\n123456FRAM", "frame 2, byte 28: the stream ends in this frame's line")]
    [InlineData("YUV4MPEG2 W2 H2\nFRAME\n1234567FRAME\n123456", "frame 2, byte 28: 'FRAME' is due")]
    [InlineData("YUV4MPEG2 W2 H2\nFRAMES\n123456", "frame 1, byte 16: 'FRAME' is due")]
    [InlineData("YUV4MPEG2 W2 H2\nFRA\n123456", "frame 1, byte 16: 'FRAME' is due")]
    [InlineData("YUV4MPEG2 W2 H2\nFRAME Qx\n123456", "frame 1, byte 16: 'Qx' is no parameter of a frame")]
    [InlineData("YUV4MPEG2 W2 H2\nFRAME Ipp\n123456", "'Ipp' is no parameter of a frame")]
    public void A_broken_file_is_refused_before_its_first_frame(string stream, string words)
        => Assert.Contains(words, Assert.Throws<BadUseException>(() => Open(stream)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(Y4mSource.MaximumParameters, true)]
    [InlineData(Y4mSource.MaximumParameters + 1, false)]
    public void A_frames_line_may_be_long_but_not_without_end(int parameters, bool accepted)
    {
        string stream = $"YUV4MPEG2 W2 H2\nFRAME X{new string('x', parameters - 2)}\n123456";
        if (accepted)
        {
            using FrameSource source = Open(stream);
            Assert.Equal(1UL, source.Count);
        }
        else
        {
            Assert.Contains("more than 1024 bytes of parameters", Assert.Throws<BadUseException>(() => Open(stream)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Frames_come_in_order_with_their_parameters_and_can_be_left_away(bool seekable)
    {
        using FrameSource source = Open("YUV4MPEG2 W2 H2\nFRAME\n123456FRAME\nabcdefFRAME Xlast\nABCDEF", seekable);
        Assert.Equal(seekable ? 3UL : null, source.Count);
        byte[] frame = new byte[8];
        Assert.True(source.MoveNext());
        Assert.Equal("123456", Encoding.ASCII.GetString(frame, 0, source.Fill(frame)));
        Assert.True(source.MoveNext());
        source.Skip();
        Assert.True(source.MoveNext());
        Assert.Equal(" Xlast", Encoding.ASCII.GetString(source.Parameters));
        Assert.Equal("ABCDEF", Encoding.ASCII.GetString(frame, 0, source.Fill(frame)));
        Assert.False(source.MoveNext());
    }

    private static Y4mSource Open(string stream, bool seekable = true)
        => new(seekable ? new MemoryStream(Encoding.Latin1.GetBytes(stream)) : new Pipe(Encoding.Latin1.GetBytes(stream)), "clip");

    /// <summary>Bytes that come once, three at a time.</summary>
    private sealed class Pipe(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 3)]);
    }
}
