using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <content>
/// The way of a frame: a slot is enqueued, the device fills or shows it, and it is dequeued. A slot of an output queue is enqueued as a whole frame: as many bytes as the format says, in each plane.
/// </content>
public sealed partial class VideoQueue
{
    /// <summary>Gives a slot of the driver's memory to the device (<c>VIDIOC_QBUF</c>).</summary>
    /// <exception cref="DmaBufException">EBUSY: the device has it; EINVAL: no such slot, or the queue wants dma-bufs.</exception>
    /// <exception cref="ObjectDisposedException">The queue was disposed.</exception>
    public void Enqueue(int slot)
    {
        ThrowIfMemoryIsNot(VideoMemory.Driver);
        Give(VideoUapi.VIDIOC_QBUF, slot, stackalloc int[Format.Planes.Count]);
    }

    /// <summary>Gives a slot with the memory of dma-bufs to the device (<c>VIDIOC_QBUF</c>). The buffers stay the caller's; the kernel holds the memory on its own.</summary>
    /// <param name="slot">Which slot.</param>
    /// <param name="planes">One for each plane, each at least as large as the format says.</param>
    /// <exception cref="DmaBufException">EBUSY: the device has the slot; EINVAL: no such slot, not that many planes, a buffer too small. EFAULT: the device needs memory of one
    /// contiguous run; EOPNOTSUPP: it does not reach this memory.</exception>
    /// <exception cref="ObjectDisposedException">The queue or a buffer was disposed.</exception>
    public void Enqueue(int slot, params ReadOnlySpan<KernelBuffer> planes)
    {
        ThrowIfMemoryIsNot(VideoMemory.DmaBuf);
        ThrowUnlessFitting(planes);
        SafeHandle[] held = new SafeHandle[planes.Length];
        for (int index = 0; index < planes.Length; index++)
        {
            held[index] = planes[index].Descriptor;
        }

        Give(VideoUapi.VIDIOC_QBUF, slot, held);
    }

    /// <summary>Waits, without blocking a thread, for the next frame that the device has finished (<c>VIDIOC_DQBUF</c>).</summary>
    /// <param name="cancellationToken">Ends the wait; no frame is lost.</param>
    /// <returns>The frame; its slot is the program's.</returns>
    /// <exception cref="DmaBufException">EINVAL: the stream does not run, or the device has no slot to fill; ECANCELED: it was stopped meanwhile; EIO: the device failed.</exception>
    /// <exception cref="ObjectDisposedException">The queue was disposed.</exception>
    public async Task<VideoFrame> DequeueAsync(CancellationToken cancellationToken = default)
    {
        for (bool hasWaited = false; ; hasWaited = true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryDequeue(hasWaited) is { } frame)
            {
                return frame;
            }

            await (Type is VideoBufferType.Capture or VideoBufferType.CaptureMultiPlanar
                ? DescriptorReactor.Shared.WaitUntilReadableAsync(Device.Node, cancellationToken)
                : DescriptorReactor.Shared.WaitUntilWritableAsync(Device.Node, cancellationToken)).ConfigureAwait(false);
        }
    }

    private VideoFrame? TryDequeue(bool hasWaited)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            if (!_isStreaming || _slots.Queued == 0)
            {
                throw hasWaited && !_isStreaming
                    ? new DmaBufException(Errno.ECANCELED, $"Waiting for a frame of {this} ended: the stream was stopped.")
                    : new DmaBufException(Errno.EINVAL, $"Waiting for a frame of {this} was refused: the device {(_isStreaming ? "has no slot to fill. Enqueue one" : "does not stream. Start it")} first.");
            }

            Errno errno = VideoQueueCalls.TryTake(Device, Type, Memory, Format.Planes.Count, out VideoFrame? frame);
            if (frame is not null)
            {
                _slots.MarkDequeued(frame.Slot);
                return frame;
            }

            return errno == Errno.EAGAIN ? null : throw VideoDevice.Failure(errno, $"Taking a frame of {this}");
        }
    }

    private void Give(uint request, int slot, ReadOnlySpan<SafeHandle> planes, bool isImported = false)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            _slots.ThrowUnlessIdle(slot, ToString());
            if (_slots.IsReserved(slot) != isImported)
            {
                throw new DmaBufException(Errno.EBUSY, $"Slot {slot} of {this} was refused: an attached buffer has it. Use one that no attachment has.");
            }

            _isStale = true;
            FinishGiveLocked(GiveLocked(request, slot, planes), slot);
        }
    }

    private void Give(uint request, int slot, ReadOnlySpan<int> planes)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            _slots.ThrowUnlessIdle(slot, ToString());
            FinishGiveLocked(VideoQueueCalls.Give(Device, request, Type, Memory, slot, planes, Format.Planes), slot);
        }
    }

    private void FinishGiveLocked(Errno errno, int slot)
    {
        if (errno != Errno.None)
        {
            throw GiveFailure(errno, $"Enqueuing slot {slot} of {this}");
        }

        _slots.MarkQueued(slot);
    }

    private Errno GiveLocked(uint request, int slot, ReadOnlySpan<SafeHandle> planes)
    {
        Span<int> numbers = stackalloc int[planes.Length];
        int count = 0;
        try
        {
            foreach (SafeHandle plane in planes)
            {
                bool isHeld = false;
                plane.DangerousAddRef(ref isHeld);
                numbers[count++] = (int)plane.DangerousGetHandle();
            }

            return VideoQueueCalls.Give(Device, request, Type, Memory, slot, numbers, Format.Planes);
        }
        finally
        {
            for (int index = 0; index < count; index++)
            {
                planes[index].DangerousRelease();
            }
        }
    }

    private void ThrowUnlessFitting(ReadOnlySpan<KernelBuffer> planes)
    {
        if (planes.Length != Format.Planes.Count)
        {
            throw new DmaBufException(Errno.EINVAL, $"Enqueuing {planes.Length} planes in {this} was refused: a frame of {Format.PixelFormat} has {Format.Planes.Count}. Pass one buffer for each.");
        }

        for (int index = 0; index < planes.Length; index++)
        {
            ArgumentNullException.ThrowIfNull(planes[index]);
            if (planes[index].Length < Format.Planes[index].Size)
            {
                throw new DmaBufException(
                    Errno.EINVAL, $"Enqueuing {planes[index]} as plane {index} in {this} was refused: the format needs {Format.Planes[index].Size} bytes. Pass a larger buffer, or set a smaller format.");
            }
        }
    }

    private void ThrowIfMemoryIsNot(VideoMemory memory)
    {
        if (Memory != memory)
        {
            throw new DmaBufException(Errno.EINVAL, $"Enqueuing a slot of {memory} memory in {this} was refused: the queue was made for {Memory}. Use the other Enqueue.");
        }
    }

    private static DmaBufException GiveFailure(Errno errno, string tried) => NativeError.Failure(errno, tried, errno switch
    {
        Errno.EFAULT => "The device reaches memory only as one contiguous run, or by an address of its own: use memory of a CMA heap, of huge pages, or of the device's own queue.",
        Errno.EOPNOTSUPP => "The device does not reach this memory: use a buffer of RAM.",
        Errno.EINVAL => "The buffer is too small for the format, or is no dma-buf.",
        _ => NativeError.CommonRemedy(errno),
    });
}
