namespace DmaBuf.Linux;

/// <summary>The calls of a queue: structures filled and read, errnos as values.</summary>
internal static unsafe class VideoQueueCalls
{
    /// <summary>The count is what is wanted, and afterwards how many there are.</summary>
    internal static Errno Request(VideoDevice device, VideoBufferType type, VideoMemory memory, ref int count)
    {
        VideoUapi.v4l2_requestbuffers request = new() { count = (uint)count, type = (uint)type, memory = (uint)memory };
        Errno errno = DeviceCall.Try(device.Node, VideoUapi.VIDIOC_REQBUFS, ref request);
        count = (int)request.count;
        return errno;
    }

    /// <summary>
    /// <c>VIDIOC_QBUF</c> or <c>VIDIOC_PREPARE_BUF</c>. The planes are a descriptor each for dma-bufs, kept open by the caller; as many zeros for the driver's memory. To an output queue the frame is
    /// whole: the kernel warns of one that does not say how long it is.
    /// </summary>
    internal static Errno Give(VideoDevice device, uint request, VideoBufferType type, VideoMemory memory, int slot, ReadOnlySpan<int> planes, IReadOnlyList<VideoPlane> frame)
    {
        Span<VideoUapi.v4l2_plane> described = stackalloc VideoUapi.v4l2_plane[VideoUapi.VIDEO_MAX_PLANES];
        VideoUapi.v4l2_buffer buffer = new() { index = (uint)slot, type = (uint)type, memory = (uint)memory };
        bool isOutput = type is VideoBufferType.Output or VideoBufferType.OutputMultiPlanar;
        // SAFETY: the planes lie on this stack frame until the call has returned, and there is room for as many as the kernel knows.
        fixed (VideoUapi.v4l2_plane* pointer = described)
        {
            if (VideoFormatLayout.IsMultiPlanar(type))
            {
                for (int index = 0; index < planes.Length; index++)
                {
                    uint used = isOutput ? frame[index].Size : 0;
                    described[index] = new() { m = (ulong)planes[index], bytesused = used, length = used };
                }

                (buffer.m, buffer.length) = ((ulong)pointer, (uint)planes.Length);
            }
            else
            {
                (buffer.m, buffer.bytesused) = ((ulong)planes[0], isOutput ? frame[0].Size : 0);
            }

            return DeviceCall.Try(device.Node, request, ref buffer);
        }
    }

    internal static Errno TryTake(VideoDevice device, VideoBufferType type, VideoMemory memory, int planeCount, out VideoFrame? frame)
    {
        Span<VideoUapi.v4l2_plane> planes = stackalloc VideoUapi.v4l2_plane[VideoUapi.VIDEO_MAX_PLANES];
        planes.Clear();
        VideoUapi.v4l2_buffer buffer = new() { type = (uint)type, memory = (uint)memory };
        bool isMultiPlanar = VideoFormatLayout.IsMultiPlanar(type);
        Errno errno;
        // SAFETY: as above; the kernel is told how many planes there is room for.
        fixed (VideoUapi.v4l2_plane* pointer = planes)
        {
            if (isMultiPlanar)
            {
                (buffer.m, buffer.length) = ((ulong)pointer, VideoUapi.VIDEO_MAX_PLANES);
            }

            errno = DeviceCall.Try(device.Node, VideoUapi.VIDIOC_DQBUF, ref buffer);
        }

        frame = null;
        if (errno == Errno.None)
        {
            uint[] used = isMultiPlanar ? new uint[planeCount] : [buffer.bytesused];
            for (int index = 0; isMultiPlanar && index < planeCount; index++)
            {
                used[index] = planes[index].bytesused;
            }

            TimeSpan time = TimeSpan.FromSeconds(buffer.timestamp[0]) + TimeSpan.FromMicroseconds(buffer.timestamp[1]);
            frame = new((int)buffer.index, buffer.sequence, time, (buffer.flags & VideoUapi.V4L2_BUF_FLAG_ERROR) != 0, used);
        }

        return errno;
    }

    internal static Errno Export(VideoDevice device, VideoBufferType type, int slot, int plane, out int descriptor)
    {
        VideoUapi.v4l2_exportbuffer request = new() { type = (uint)type, index = (uint)slot, plane = (uint)plane, flags = Libc.O_CLOEXEC | Libc.O_RDWR, fd = -1 };
        Errno errno = DeviceCall.Try(device.Node, VideoUapi.VIDIOC_EXPBUF, ref request);
        descriptor = request.fd;
        return errno;
    }

    internal static Errno Stream(VideoDevice device, VideoBufferType type, bool start)
    {
        int argument = (int)type;
        return DeviceCall.Try(device.Node, start ? VideoUapi.VIDIOC_STREAMON : VideoUapi.VIDIOC_STREAMOFF, ref argument);
    }
}
