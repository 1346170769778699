using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>A video device (V4L2), open: its formats, and the queues through which frames go.</summary>
/// <remarks>Threads: all members, any thread; who uses a queue while another changes the format gets the driver's EBUSY. Dispose closes the node; dispose queues first.</remarks>
public sealed class VideoDevice : IDisposable
{
    private VideoDevice(string path, SafeFileHandle node, VideoCapabilities capabilities)
    {
        Path = path;
        Node = node;
        Capabilities = capabilities;
    }

    /// <summary>The node.</summary>
    public string Path { get; }

    /// <summary>What it is and can do.</summary>
    public VideoCapabilities Capabilities { get; }

    internal SafeFileHandle Node { get; }

    /// <summary>The queues that are in use: asking the driver for buffers a second time would take those of the first.</summary>
    internal VideoQueueClaims Claims { get; } = new();

    /// <summary>The paths of all video nodes of this machine, in order of their numbers; whether they may be opened is another question.</summary>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static IReadOnlyList<string> FindPaths()
    {
        LinuxOnly.Ensure();
        return [.. Directory.EnumerateFiles("/dev", "video*").OrderBy(static path => path.Length).ThenBy(static path => path, StringComparer.Ordinal)];
    }

    /// <summary>Opens a node and asks what it can do.</summary>
    /// <param name="path">One of <see cref="FindPaths"/>.</param>
    /// <exception cref="DmaBufException">ENOENT: no such node; EACCES: not for this user; ENOTTY: it is no video node.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static VideoDevice Open(string path)
    {
        LinuxOnly.Ensure();
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        SafeFileHandle node = DeviceNode.Open(path, "No driver made this node: plug the device in, load its driver, or load vivid (modprobe vivid) for a virtual one.", Libc.O_NONBLOCK);
        try
        {
            return new(path, node, ReadCapabilities(node, path));
        }
        catch
        {
            node.Dispose();
            throw;
        }
    }

    /// <summary>The format of a queue now (<c>VIDIOC_G_FMT</c>).</summary>
    /// <exception cref="DmaBufException">EINVAL: the node has no such queue.</exception>
    public VideoFormat GetFormat(VideoBufferType type)
    {
        VideoUapi.v4l2_format format = new() { type = (uint)type };
        Errno errno = DeviceCall.Try(Node, VideoUapi.VIDIOC_G_FMT, ref format);
        return errno == Errno.None ? VideoFormatLayout.Read(ref format) : throw Failure(errno, $"Reading the format of {type} of {this}");
    }

    /// <summary>Sets the format of a queue (<c>VIDIOC_S_FMT</c>). The driver takes the nearest that it has.</summary>
    /// <returns>What it took.</returns>
    /// <exception cref="DmaBufException">EINVAL: the node has no such queue, or the code is none; EBUSY: the queue has buffers.</exception>
    public VideoFormat SetFormat(VideoBufferType type, VideoFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        VideoUapi.v4l2_format request = VideoFormatLayout.Write(type, format);
        Errno errno = DeviceCall.Try(Node, VideoUapi.VIDIOC_S_FMT, ref request);
        return errno == Errno.None ? VideoFormatLayout.Read(ref request) : throw Failure(errno, $"Setting the format of {type} of {this} to {format.Width}x{format.Height} {format.PixelFormat}");
    }

    /// <summary>Closes the node, which ends its queue.</summary>
    public void Dispose() => Node.Dispose();

    /// <summary>Node and name.</summary>
    public override string ToString() => $"{Path} ({Capabilities.Card})";

    internal static DmaBufException Failure(Errno errno, string tried) => NativeError.Failure(errno, tried, errno switch
    {
        Errno.EBUSY => "Somebody streams, or the queue has buffers: dispose the queue first.",
        Errno.EINVAL => "The device has no such queue, or does not take this in its present state.",
        Errno.ENODEV => "The device has gone.",
        _ => NativeError.CommonRemedy(errno),
    });

    private static unsafe VideoCapabilities ReadCapabilities(SafeFileHandle node, string path)
    {
        VideoUapi.v4l2_capability answer = default;
        Errno errno = DeviceCall.Try(node, VideoUapi.VIDIOC_QUERYCAP, ref answer);
        if (errno != Errno.None)
        {
            throw NativeError.Failure(errno, $"Asking {path} what it can do", errno == Errno.ENOTTY ? "It is no video node." : NativeError.CommonRemedy(errno));
        }

        uint flags = (answer.capabilities & VideoUapi.V4L2_CAP_DEVICE_CAPS) != 0 ? answer.device_caps : answer.capabilities;
        return VideoCapabilities.From(TextOf(new(answer.driver, 16)), TextOf(new(answer.card, 32)), TextOf(new(answer.bus_info, 32)), flags);
    }

    private static string TextOf(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes[..(bytes.IndexOf((byte)0) is var end && end >= 0 ? end : bytes.Length)]);
}
