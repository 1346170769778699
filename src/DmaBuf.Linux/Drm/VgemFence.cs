namespace DmaBuf.Linux;

/// <summary>A fence of the virtual GEM driver on one of its buffers: pending until the program signals it. Real to everybody who waits for the buffer; made for tests and samples.</summary>
/// <remarks>The kernel signals it by itself after ten seconds, so that a program that dies leaves nobody waiting. Threads: all members, any thread.</remarks>
public sealed class VgemFence : IDisposable
{
    private readonly DrmBuffer _buffer;
    private readonly uint _number;
    private int _isSignaled;

    private VgemFence(DrmBuffer buffer, uint number)
    {
        _buffer = buffer;
        _number = number;
    }

    /// <summary>Attaches a pending fence to a buffer (<c>DRM_IOCTL_VGEM_FENCE_ATTACH</c>).</summary>
    /// <param name="buffer">A buffer of a vgem device, its own or imported: then the dma-buf has the fence, whoever made it.</param>
    /// <param name="access">ReadWrite: the pretended work writes, so all wait. Read: it reads, so writers wait.</param>
    /// <exception cref="DmaBufException">EBUSY: a fence that would have to be waited for is there; ENOTTY or EINVAL: the device is not vgem.</exception>
    public static VgemFence Attach(DrmBuffer buffer, CpuAccess access)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(buffer);
        buffer.ThrowIfDisposed();
        VgemUapi.drm_vgem_fence_attach request = new() { handle = buffer.Handle, flags = access == CpuAccess.ReadWrite ? VgemUapi.VGEM_FENCE_WRITE : 0 };
        Errno errno = buffer.Device.DriverName == "vgem" ? DeviceCall.Try(buffer.Device.Node, VgemUapi.DRM_IOCTL_VGEM_FENCE_ATTACH, ref request) : Errno.ENOTTY;
        return errno == Errno.None
            ? new(buffer, request.out_fence)
            : throw NativeError.Failure(errno, $"Attaching a fence to handle {buffer.Handle} of {buffer.Device}", errno switch
            {
                Errno.EBUSY => "Another fence is pending on it: signal that one first.",
                Errno.ENOTTY => "Only the driver vgem makes such fences.",
                _ => NativeError.CommonRemedy(errno),
            });
    }

    /// <summary>Signals it, once; a second call does nothing.</summary>
    /// <exception cref="DmaBufException">ETIMEDOUT: the kernel had signaled it already, after ten seconds.</exception>
    /// <exception cref="ObjectDisposedException">The device was disposed, which signaled it.</exception>
    public void Signal()
    {
        if (Interlocked.Exchange(ref _isSignaled, 1) == 0 && TrySignal() is not Errno.None and { } errno)
        {
            throw NativeError.Failure(errno, $"Signaling fence {_number} of {_buffer.Device}", errno == Errno.ETIMEDOUT ? "It was pending for too long: signal within ten seconds." : NativeError.CommonRemedy(errno));
        }
    }

    /// <summary>Signals it if nobody did. Never throws.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isSignaled, 1) == 0 && !_buffer.Device.Node.IsClosed)
        {
            _ = TrySignal(); // too late is in time, too
        }
    }

    private Errno TrySignal()
    {
        VgemUapi.drm_vgem_fence_signal request = new() { fence = _number };
        return DeviceCall.Try(_buffer.Device.Node, VgemUapi.DRM_IOCTL_VGEM_FENCE_SIGNAL, ref request);
    }
}
