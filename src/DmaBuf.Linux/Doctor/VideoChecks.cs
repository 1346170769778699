using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>V4L2 nodes: card, kinds of queues, and whether they export. A node that exports refuses a buffer that is not there with EINVAL; one that does not, with ENOTTY.</summary>
internal static unsafe class VideoChecks
{
    private const string Area = "video";

    private static readonly (uint Capability, uint Type, string Name)[] s_queues =
    [
        (VideoUapi.V4L2_CAP_VIDEO_CAPTURE, VideoUapi.V4L2_BUF_TYPE_VIDEO_CAPTURE, "capture"),
        (VideoUapi.V4L2_CAP_VIDEO_CAPTURE_MPLANE, VideoUapi.V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, "capture of several planes"),
        (VideoUapi.V4L2_CAP_VIDEO_OUTPUT, VideoUapi.V4L2_BUF_TYPE_VIDEO_OUTPUT, "output"),
        (VideoUapi.V4L2_CAP_VIDEO_OUTPUT_MPLANE, VideoUapi.V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE, "output of several planes"),
    ];

    internal static IEnumerable<DoctorCheck> Of(DoctorRoom room)
    {
        string[] nodes = DoctorRoom.Names(room.Device(""), "video");
        return nodes.Length > 0
            ? nodes.Select(node => Try(room, room.Device(node), $"{Area}:{node}"))
            : [new(Area, Area, DoctorState.Missing, $"no {room.Device("video*")}", $"the driver of a camera or codec, or for tests {room.Configuration.Remedy("VIDEO_VIVID", "vivid", "3.18")}")];
    }

    private static DoctorCheck Try(DoctorRoom room, string path, string name)
    {
        using SafeFileHandle? device = DoctorNode.TryOpen(room, path, Area, name, "its driver", out DoctorCheck? refusal);
        if (device is null)
        {
            return refusal!;
        }

        VideoUapi.v4l2_capability capability = default;
        Errno errno = DeviceCall.Try(device, VideoUapi.VIDIOC_QUERYCAP, ref capability);
        if (errno != Errno.None)
        {
            return DoctorNode.Failing(Area, name, $"asking {path} what it can do", errno, $"look at what {path} is (ls -l {path})");
        }

        uint offered = (capability.capabilities & VideoUapi.V4L2_CAP_DEVICE_CAPS) != 0 ? capability.device_caps : capability.capabilities;
        string card = Text(new ReadOnlySpan<byte>(capability.card, 32));
        (uint Capability, uint Type, string Name)[] queues = [.. s_queues.Where(queue => (offered & queue.Capability) != 0)];
        if (queues.Length == 0 || (offered & VideoUapi.V4L2_CAP_STREAMING) == 0)
        {
            return new(Area, name, DoctorState.Limited, $"{card}: it has no queue of video buffers", "another node of the device");
        }

        string kinds = string.Join(", ", queues.Select(static queue => queue.Name));
        return Exports(device, queues[0].Type)
            ? DoctorCheck.Works(Area, name, $"{card}: {kinds}; exports its buffers")
            : new(Area, name, DoctorState.Limited, $"{card}: {kinds}; exports nothing", "let it import buffers of a heap instead: its driver exports none");
    }

    private static bool Exports(SafeHandle device, uint type)
    {
        VideoUapi.v4l2_exportbuffer export = new() { type = type };
        Errno errno = DeviceCall.Try(device, VideoUapi.VIDIOC_EXPBUF, ref export);
        if (errno == Errno.None)
        {
            new SafeFileHandle(export.fd, ownsHandle: true).Dispose();
        }

        return errno is not (Errno.ENOTTY or Errno.ENOSYS);
    }

    private static string Text(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text.IndexOf((byte)0) is >= 0 and var end ? text[..end] : text);
}
