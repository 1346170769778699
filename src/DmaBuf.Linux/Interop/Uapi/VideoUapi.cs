using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>Video devices (V4L2). Members that are unions are placed by their first byte.</summary>
[KernelHeader("linux/videodev2.h")]
internal static unsafe class VideoUapi
{
    internal const uint V4L2_CAP_VIDEO_CAPTURE = 0x1;
    internal const uint V4L2_CAP_VIDEO_OUTPUT = 0x2;
    internal const uint V4L2_CAP_VIDEO_CAPTURE_MPLANE = 0x1000;
    internal const uint V4L2_CAP_VIDEO_OUTPUT_MPLANE = 0x2000;
    internal const uint V4L2_CAP_STREAMING = 0x4000000;
    internal const uint V4L2_CAP_DEVICE_CAPS = 0x80000000;
    internal const uint V4L2_BUF_TYPE_VIDEO_CAPTURE = 1;
    internal const uint V4L2_BUF_TYPE_VIDEO_OUTPUT = 2;
    internal const uint V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE = 9;
    internal const uint V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE = 10;
    internal const uint V4L2_MEMORY_MMAP = 1;
    internal const uint V4L2_MEMORY_DMABUF = 4;
    internal const uint V4L2_BUF_FLAG_ERROR = 0x40;
    internal const uint V4L2_FIELD_NONE = 1;
    internal const int VIDEO_MAX_PLANES = 8;
    internal const int VIDEO_MAX_FRAME = 32;

    internal static readonly uint VIDIOC_QUERYCAP = IoctlNumber.Read<v4l2_capability>('V', 0);
    internal static readonly uint VIDIOC_G_FMT = IoctlNumber.ReadWrite<v4l2_format>('V', 4);
    internal static readonly uint VIDIOC_S_FMT = IoctlNumber.ReadWrite<v4l2_format>('V', 5);
    internal static readonly uint VIDIOC_REQBUFS = IoctlNumber.ReadWrite<v4l2_requestbuffers>('V', 8);
    internal static readonly uint VIDIOC_QUERYBUF = IoctlNumber.ReadWrite<v4l2_buffer>('V', 9);
    internal static readonly uint VIDIOC_QBUF = IoctlNumber.ReadWrite<v4l2_buffer>('V', 15);
    internal static readonly uint VIDIOC_EXPBUF = IoctlNumber.ReadWrite<v4l2_exportbuffer>('V', 16);
    internal static readonly uint VIDIOC_DQBUF = IoctlNumber.ReadWrite<v4l2_buffer>('V', 17);
    internal static readonly uint VIDIOC_STREAMON = IoctlNumber.Write<int>('V', 18);
    internal static readonly uint VIDIOC_STREAMOFF = IoctlNumber.Write<int>('V', 19);

    [StructLayout(LayoutKind.Explicit, Size = 104)]
    internal struct v4l2_capability
    {
        [FieldOffset(0)] public fixed byte driver[16];
        [FieldOffset(16)] public fixed byte card[32];
        [FieldOffset(48)] public fixed byte bus_info[32];
        [FieldOffset(80)] public uint version;
        [FieldOffset(84)] public uint capabilities;
        [FieldOffset(88)] public uint device_caps;
    }

    /// <summary>What <c>fmt</c> is depends on the type: one of the two formats below.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 208)]
    internal struct v4l2_format
    {
        [FieldOffset(0)] public uint type;
        [FieldOffset(8)] public byte fmt;
    }

    [StructLayout(LayoutKind.Explicit, Size = 48)]
    internal struct v4l2_pix_format
    {
        [FieldOffset(0)] public uint width;
        [FieldOffset(4)] public uint height;
        [FieldOffset(8)] public uint pixelformat;
        [FieldOffset(12)] public uint field;
        [FieldOffset(16)] public uint bytesperline;
        [FieldOffset(20)] public uint sizeimage;
    }

    [StructLayout(LayoutKind.Explicit, Size = 192)]
    internal struct v4l2_pix_format_mplane
    {
        [FieldOffset(0)] public uint width;
        [FieldOffset(4)] public uint height;
        [FieldOffset(8)] public uint pixelformat;
        [FieldOffset(12)] public uint field;
        [FieldOffset(20)] public byte plane_fmt;
        [FieldOffset(180)] public byte num_planes;
    }

    [StructLayout(LayoutKind.Explicit, Size = 20)]
    internal struct v4l2_plane_pix_format
    {
        [FieldOffset(0)] public uint sizeimage;
        [FieldOffset(4)] public uint bytesperline;
    }

    [StructLayout(LayoutKind.Explicit, Size = 20)]
    internal struct v4l2_requestbuffers
    {
        [FieldOffset(0)] public uint count;
        [FieldOffset(4)] public uint type;
        [FieldOffset(8)] public uint memory;
        [FieldOffset(12)] public uint capabilities;
    }

    /// <summary><c>m</c> is an offset, a descriptor, or where the planes lie; <c>length</c> counts planes if there are several.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 88)]
    internal struct v4l2_buffer
    {
        [FieldOffset(0)] public uint index;
        [FieldOffset(4)] public uint type;
        [FieldOffset(8)] public uint bytesused;
        [FieldOffset(12)] public uint flags;
        [FieldOffset(16)] public uint field;
        [FieldOffset(24)] public long timestamp;
        [FieldOffset(56)] public uint sequence;
        [FieldOffset(60)] public uint memory;
        [FieldOffset(64)] public ulong m;
        [FieldOffset(72)] public uint length;
    }

    [StructLayout(LayoutKind.Explicit, Size = 64)]
    internal struct v4l2_plane
    {
        [FieldOffset(0)] public uint bytesused;
        [FieldOffset(4)] public uint length;
        [FieldOffset(8)] public ulong m;
        [FieldOffset(16)] public uint data_offset;
    }

    [StructLayout(LayoutKind.Explicit, Size = 64)]
    internal struct v4l2_exportbuffer
    {
        [FieldOffset(0)] public uint type;
        [FieldOffset(4)] public uint index;
        [FieldOffset(8)] public uint plane;
        [FieldOffset(12)] public uint flags;
        [FieldOffset(16)] public int fd;
    }
}
