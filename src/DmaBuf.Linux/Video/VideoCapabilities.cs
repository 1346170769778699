namespace DmaBuf.Linux;

/// <summary>What a video device is and can do (<c>VIDIOC_QUERYCAP</c>).</summary>
/// <remarks>Immutable, thus safe to share between threads.</remarks>
/// <param name="DriverName">The driver.</param>
/// <param name="Card">The device's name.</param>
/// <param name="BusInfo">Where it is, for example <c>platform:vivid-000</c>.</param>
/// <param name="Types">The queues that this node has.</param>
/// <param name="CanStream">Whether frames go through queues of buffers at all.</param>
public sealed record VideoCapabilities(string DriverName, string Card, string BusInfo, IReadOnlyList<VideoBufferType> Types, bool CanStream)
{
    private static readonly (uint Flag, VideoBufferType Type)[] Flags =
    [
        (VideoUapi.V4L2_CAP_VIDEO_CAPTURE, VideoBufferType.Capture),
        (VideoUapi.V4L2_CAP_VIDEO_OUTPUT, VideoBufferType.Output),
        (VideoUapi.V4L2_CAP_VIDEO_CAPTURE_MPLANE, VideoBufferType.CaptureMultiPlanar),
        (VideoUapi.V4L2_CAP_VIDEO_OUTPUT_MPLANE, VideoBufferType.OutputMultiPlanar),
    ];

    internal static VideoCapabilities From(string driver, string card, string bus, uint flags) => new(
        driver, card, bus, [.. Flags.Where(pair => (flags & pair.Flag) != 0).Select(pair => pair.Type)], (flags & VideoUapi.V4L2_CAP_STREAMING) != 0);
}
