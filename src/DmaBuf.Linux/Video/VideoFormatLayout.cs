using System.Runtime.CompilerServices;

namespace DmaBuf.Linux;

/// <summary>The two shapes of a format in the kernel's structure, and ours.</summary>
internal static class VideoFormatLayout
{
    internal static bool IsMultiPlanar(VideoBufferType type) => type is VideoBufferType.CaptureMultiPlanar or VideoBufferType.OutputMultiPlanar;

    internal static VideoFormat Read(ref VideoUapi.v4l2_format kernel) =>
        IsMultiPlanar((VideoBufferType)kernel.type) ? ReadPlanes(ref As<VideoUapi.v4l2_pix_format_mplane>(ref kernel)) : ReadOne(ref As<VideoUapi.v4l2_pix_format>(ref kernel));

    internal static VideoUapi.v4l2_format Write(VideoBufferType type, VideoFormat format)
    {
        VideoUapi.v4l2_format kernel = new() { type = (uint)type };
        if (IsMultiPlanar(type))
        {
            WritePlanes(ref As<VideoUapi.v4l2_pix_format_mplane>(ref kernel), format);
        }
        else
        {
            WriteOne(ref As<VideoUapi.v4l2_pix_format>(ref kernel), format);
        }

        return kernel;
    }

    private static VideoFormat ReadOne(ref VideoUapi.v4l2_pix_format pixels) =>
        new(pixels.width, pixels.height, VideoFormat.NameOf(pixels.pixelformat), [new(pixels.sizeimage, pixels.bytesperline)]);

    private static VideoFormat ReadPlanes(ref VideoUapi.v4l2_pix_format_mplane pixels)
    {
        VideoPlane[] planes = new VideoPlane[Math.Min((int)pixels.num_planes, VideoUapi.VIDEO_MAX_PLANES)];
        for (int index = 0; index < planes.Length; index++)
        {
            ref VideoUapi.v4l2_plane_pix_format plane = ref PlaneOf(ref pixels, index);
            planes[index] = new(plane.sizeimage, plane.bytesperline);
        }

        return new(pixels.width, pixels.height, VideoFormat.NameOf(pixels.pixelformat), planes);
    }

    private static void WriteOne(ref VideoUapi.v4l2_pix_format pixels, VideoFormat format)
    {
        pixels = new() { width = format.Width, height = format.Height, pixelformat = VideoFormat.CodeOf(format.PixelFormat) };
        if (format.Planes.Count > 0)
        {
            (pixels.sizeimage, pixels.bytesperline) = (format.Planes[0].Size, format.Planes[0].BytesPerLine);
        }
    }

    private static void WritePlanes(ref VideoUapi.v4l2_pix_format_mplane pixels, VideoFormat format)
    {
        if (format.Planes.Count > VideoUapi.VIDEO_MAX_PLANES)
        {
            throw new DmaBufException(Errno.EINVAL, $"A format of {format.Planes.Count} planes was refused: a frame has at most {VideoUapi.VIDEO_MAX_PLANES}.");
        }

        pixels = new() { width = format.Width, height = format.Height, pixelformat = VideoFormat.CodeOf(format.PixelFormat), num_planes = (byte)format.Planes.Count };
        for (int index = 0; index < format.Planes.Count; index++)
        {
            PlaneOf(ref pixels, index) = new() { sizeimage = format.Planes[index].Size, bytesperline = format.Planes[index].BytesPerLine };
        }
    }

    // The union is as large as its largest member, which the header test proves.
    private static ref T As<T>(ref VideoUapi.v4l2_format kernel)
        where T : unmanaged => ref Unsafe.As<byte, T>(ref kernel.fmt);

    private static ref VideoUapi.v4l2_plane_pix_format PlaneOf(ref VideoUapi.v4l2_pix_format_mplane pixels, int index) =>
        ref Unsafe.Add(ref Unsafe.As<byte, VideoUapi.v4l2_plane_pix_format>(ref pixels.plane_fmt), index);
}
