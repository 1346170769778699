namespace DmaBuf.Linux;

/// <summary>A memory object inside a DRM device: a dumb buffer, or a dma-buf that was imported.</summary>
/// <remarks>Threads: all members, any thread. Several objects may stand for one handle, if a buffer was imported several times; each is disposed once, and the last closes the handle.</remarks>
public sealed class DrmBuffer : IDisposable
{
    private int _isDisposed;

    internal DrmBuffer(DrmDevice device, uint handle, ulong length, uint pitch)
    {
        Device = device;
        Handle = handle;
        Length = length;
        Pitch = pitch;
    }

    /// <summary>Where it is.</summary>
    public DrmDevice Device { get; }

    /// <summary>The driver's number for it, on this open node.</summary>
    public uint Handle { get; }

    /// <summary>Bytes.</summary>
    public ulong Length { get; }

    /// <summary>Bytes from a line to the next; 0 for what was imported, because a dma-buf knows no lines.</summary>
    public uint Pitch { get; }

    /// <summary>Hands it out as a dma-buf (<c>DRM_IOCTL_PRIME_HANDLE_TO_FD</c>). What was imported comes out as the buffer that it was.</summary>
    /// <param name="access">What holders of the descriptor may do.</param>
    /// <returns>The buffer, the caller's to dispose; it keeps the memory when this object goes.</returns>
    /// <exception cref="DmaBufException">ENOSYS: the driver hands nothing out; EMFILE.</exception>
    /// <exception cref="ObjectDisposedException">This object or the device was disposed.</exception>
    public KernelBuffer Export(CpuAccess access = CpuAccess.ReadWrite)
    {
        ThrowIfDisposed();
        DrmUapi.drm_prime_handle request = new()
        {
            handle = Handle,
            flags = (uint)(Libc.O_CLOEXEC | (access == CpuAccess.ReadWrite ? Libc.O_RDWR : Libc.O_RDONLY)),
            fd = -1,
        };
        Errno errno = DeviceCall.Try(Device.Node, DrmUapi.DRM_IOCTL_PRIME_HANDLE_TO_FD, ref request);
        return errno == Errno.None
            ? DescriptorOwner.Adopt(request.fd)
            : throw NativeError.Failure(errno, $"Exporting handle {Handle} of {Device}", errno == Errno.ENOSYS ? "The driver hands nothing out." : NativeError.CommonRemedy(errno));
    }

    /// <summary>Maps a dumb buffer through its device (<c>DRM_IOCTL_MODE_MAP_DUMB</c>). The mapping is the caller's to dispose.</summary>
    /// <param name="protection">Read, or read and write.</param>
    /// <exception cref="DmaBufException">EINVAL: it was imported, and DRM maps no foreign memory: map the dma-buf; EACCES: this is a render node.</exception>
    /// <exception cref="ObjectDisposedException">This object or the device was disposed.</exception>
    public MemoryMapping Map(MemoryProtection protection)
    {
        ThrowIfDisposed();
        DrmModeUapi.drm_mode_map_dumb request = new() { handle = Handle };
        Errno errno = DeviceCall.Try(Device.Node, DrmUapi.DRM_IOCTL_MODE_MAP_DUMB, ref request);
        if (errno != Errno.None)
        {
            throw NativeError.Failure(errno, $"Mapping handle {Handle} of {Device}", errno switch
            {
                Errno.EINVAL => "DRM maps no foreign memory: map the dma-buf that was imported.",
                Errno.EACCES => "A render node maps no dumb buffers: export it, and map the dma-buf.",
                _ => NativeError.CommonRemedy(errno),
            });
        }

        return MemoryMapping.Map(Device.Node, request.offset, Length, protection);
    }

    /// <summary>One user of the handle less, once; the last closes it. Memory that was exported lives on.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            Device.CloseHandle(Handle);
        }
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
}
