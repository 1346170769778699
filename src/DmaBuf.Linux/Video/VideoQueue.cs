using System.Diagnostics.CodeAnalysis;

namespace DmaBuf.Linux;

/// <summary>A queue of a video device with its buffers: slots go to the device and come back as frames.</summary>
/// <remarks>
/// <para>Theory. A <em>slot</em> is the program's, until it is enqueued; then it is the device's, until it is dequeued or the stream is stopped, which gives all slots back. The
/// stream runs between <see cref="Start"/> and <see cref="Stop"/>; enqueuing is possible before. In a queue of <see cref="VideoMemory.DmaBuf"/> a slot gets its memory with each enqueue, and the
/// kernel keeps that memory imported until the slot gets other memory or the queue's buffers go.</para>
/// <para>Threads: all members, any thread; one lock, under which only calls are made that do not block. Frames come in the order in which the device finishes them, one to each
/// <see cref="DequeueAsync"/>.</para>
/// <para>Dispose stops the stream and frees the buffers; memory that was exported lives on.</para>
/// </remarks>
[SuppressMessage("Naming", "CA1711", Justification = "A queue is what V4L2 calls it; it has nothing of the collection.")]
public sealed partial class VideoQueue : IDisposable
{
    private readonly Lock _lock = new();
    private readonly int _wanted;
    private VideoSlots _slots;
    private bool _isStreaming;
    private bool _isStale;
    private bool _isDisposed;

    private VideoQueue(VideoDevice device, VideoBufferType type, VideoMemory memory, VideoFormat format, int wanted, int count)
    {
        Device = device;
        Type = type;
        Memory = memory;
        Format = format;
        _wanted = wanted;
        _slots = new(count);
    }

    /// <summary>Whose queue it is.</summary>
    public VideoDevice Device { get; }

    /// <summary>Which one.</summary>
    public VideoBufferType Type { get; }

    /// <summary>Whose memory the frames lie in.</summary>
    public VideoMemory Memory { get; }

    /// <summary>The frames' format; it cannot change while the queue has buffers.</summary>
    public VideoFormat Format { get; }

    /// <summary>How many slots there are: what the driver gave, which may be more than was asked for.</summary>
    public int Count => _slots.Count;

    /// <summary>Whether the stream runs.</summary>
    public bool IsStreaming
    {
        get
        {
            lock (_lock)
            {
                return _isStreaming;
            }
        }
    }

    /// <summary>Gets buffers for a queue (<c>VIDIOC_REQBUFS</c>), in the format that it has.</summary>
    /// <param name="device">It stays the caller's, and must outlive the queue.</param>
    /// <param name="type">One of the device's queues.</param>
    /// <param name="memory">Whose memory.</param>
    /// <param name="count">1 to 32; the driver may give more.</param>
    /// <exception cref="DmaBufException">EBUSY: the queue is in use, here or by another program; EINVAL: no such queue, or it does not take this memory; ENOMEM.</exception>
    public static VideoQueue Create(VideoDevice device, VideoBufferType type, VideoMemory memory, int count)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(device);
        string tried = $"Getting {count} buffers of {memory} memory for {type} of {device}";
        if (count is < 1 or > VideoUapi.VIDEO_MAX_FRAME)
        {
            throw new DmaBufException(Errno.EINVAL, $"{tried} was refused: a queue has 1 to {VideoUapi.VIDEO_MAX_FRAME}.");
        }

        VideoFormat format = device.GetFormat(type);
        if (!device.Claims.TryClaim(type))
        {
            throw new DmaBufException(Errno.EBUSY, $"{tried} was refused: another VideoQueue has this queue. Dispose that one first.");
        }

        int given = count;
        Errno errno = VideoQueueCalls.Request(device, type, memory, ref given);
        if (errno != Errno.None)
        {
            device.Claims.Release(type);
            throw VideoDevice.Failure(errno, tried);
        }

        return new(device, type, memory, format, count, given);
    }

    /// <summary>Hands a plane of the driver's memory out as a dma-buf (<c>VIDIOC_EXPBUF</c>).</summary>
    /// <param name="slot">Which buffer.</param>
    /// <param name="plane">Which plane of it.</param>
    /// <returns>The buffer, the caller's to dispose; whole pages. It keeps the memory when the queue goes.</returns>
    /// <exception cref="DmaBufException">EINVAL: no such slot or plane, or the memory is not the driver's; EMFILE.</exception>
    /// <exception cref="ObjectDisposedException">The queue was disposed.</exception>
    public KernelBuffer Export(int slot, int plane = 0)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            Errno errno = VideoQueueCalls.Export(Device, Type, slot, plane, out int descriptor);
            return errno == Errno.None ? DescriptorOwner.Adopt(descriptor) : throw VideoDevice.Failure(errno, $"Exporting plane {plane} of slot {slot} of {this}");
        }
    }

    /// <summary>Starts the stream (<c>VIDIOC_STREAMON</c>). A second call does nothing.</summary>
    /// <exception cref="DmaBufException">EINVAL: the driver wants more slots enqueued before; else as the driver says.</exception>
    /// <exception cref="ObjectDisposedException">The queue was disposed.</exception>
    public void Start()
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            Errno errno = VideoQueueCalls.Stream(Device, Type, start: true);
            _isStreaming |= errno == Errno.None;
            if (errno != Errno.None)
            {
                throw VideoDevice.Failure(errno, $"Starting {this}");
            }
        }
    }

    /// <summary>Stops the stream (<c>VIDIOC_STREAMOFF</c>): every slot is the program's again, and who waits for a frame gets ECANCELED. A second call does nothing.</summary>
    /// <exception cref="DmaBufException">What the driver says.</exception>
    /// <exception cref="ObjectDisposedException">The queue was disposed.</exception>
    public void Stop()
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            Errno errno = StopLocked();
            if (errno != Errno.None)
            {
                throw VideoDevice.Failure(errno, $"Stopping {this}");
            }

            RenewLocked();
        }
    }

    /// <summary>Stops the stream and frees the buffers, once. Never throws.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            if (!Device.Node.IsClosed)
            {
                _ = StopLocked();
                int none = 0;
                _ = VideoQueueCalls.Request(Device, Type, Memory, ref none); // closing the node frees them at the latest
            }

            Device.Claims.Release(Type);
        }
    }

    /// <summary>Device and queue.</summary>
    public override string ToString() => $"{Type} of {Device}";

    private Errno StopLocked()
    {
        Errno errno = VideoQueueCalls.Stream(Device, Type, start: false);
        if (errno == Errno.None)
        {
            _isStreaming = false;
            _slots.MarkAllDequeued();
        }

        return errno;
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, this);
}
