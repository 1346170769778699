using DmaBuf.Sharing;

namespace DmaBuf.Samples.Camera;

/// <summary>What travels here: 32 bits a pixel, blue, green, red, nothing (<c>DRM_FORMAT_XRGB8888</c>), lines one after the other.</summary>
internal static class Picture
{
    internal const uint Fourcc = 0x34325258;
    internal const int PixelBytes = 4;

    internal static FrameDescription Describe(int width, int height) => new(Fourcc, 0, (uint)width, (uint)height, (uint)(width * PixelBytes));

    /// <summary>Width and height of a frame; what another process says of it is checked against the bytes that are there.</summary>
    internal static (int Width, int Height) Measure(Frame frame)
    {
        FrameDescription said = frame.Description;
        return said is { Fourcc: Fourcc, Modifier: 0, Width: > 0 and <= 16384, Height: > 0 and <= 16384 } && said.Stride == said.Width * PixelBytes && frame.Size == (ulong)said.Stride * said.Height
            ? ((int)said.Width, (int)said.Height)
            : throw new DmaBufException(Errno.EPROTO, $"Frame {frame.Sequence} has {frame.Size} bytes and is said to be {said}: that is no picture of this pipeline.");
    }
}
