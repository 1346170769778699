using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>A DRM device, open by one of its nodes: makes dumb buffers, and takes in and hands out dma-bufs (PRIME).</summary>
/// <remarks>
/// <para>Theory. A driver names its memory objects by <em>handles</em>, numbers that belong to this open node. Importing a buffer that the node knows already, its own among them, gives
/// the handle it has, and the kernel counts nothing: the first close would end it for all. So the uses of each handle are counted here (<see cref="DrmHandles"/>), and it is closed once, with
/// the last.</para>
/// <para>Threads: all members, any thread. Lock order: the lock of the handles is a leaf; the kernel is called under it, because an import must not meet the close of the same handle.</para>
/// <para>Dispose closes the node; with it go all handles. Buffers that were exported live on.</para>
/// </remarks>
public sealed class DrmDevice : IDisposable
{
    /// <summary>Where the nodes are.</summary>
    public const string Folder = "/dev/dri";

    private readonly SafeFileHandle _node;
    private readonly DrmHandles _handles;

    private DrmDevice(string path, SafeFileHandle node, string driverName, Version version)
    {
        Path = path;
        _node = node;
        _handles = new(node, path);
        DriverName = driverName;
        Version = version;
    }

    /// <summary>The node.</summary>
    public string Path { get; }

    /// <summary>Card or render node, as its name says.</summary>
    public DrmNodeKind Kind => System.IO.Path.GetFileName(Path).StartsWith("renderD", StringComparison.Ordinal) ? DrmNodeKind.Render : DrmNodeKind.Card;

    /// <summary>The driver's name. Its buffers name <c>drm</c> as their exporter, or the module of drivers that export by themselves.</summary>
    public string DriverName { get; }

    /// <summary>The driver's interface version.</summary>
    public Version Version { get; }

    /// <summary>Whether it says that it makes dumb buffers (<c>DRM_CAP_DUMB_BUFFER</c>). A driver without a screen is not asked by the kernel and may make them all the same, as vgem does.</summary>
    public bool HasDumbBuffers => ReadCapability(DrmUapi.DRM_CAP_DUMB_BUFFER) != 0;

    /// <summary>Whether it takes dma-bufs in. Since Linux 6.6 every driver says so, and some refuse each one.</summary>
    public bool CanImport => (ReadCapability(DrmUapi.DRM_CAP_PRIME) & DrmUapi.DRM_PRIME_CAP_IMPORT) != 0;

    /// <summary>Whether it hands dma-bufs out.</summary>
    public bool CanExport => (ReadCapability(DrmUapi.DRM_CAP_PRIME) & DrmUapi.DRM_PRIME_CAP_EXPORT) != 0;

    /// <summary>How many handles are open; for leak checks.</summary>
    internal int OpenHandles => _handles.Count;

    /// <summary>The paths of all nodes of this machine, cards first; whether they may be opened is another question.</summary>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static IReadOnlyList<string> FindPaths()
    {
        LinuxOnly.Ensure();
        return Directory.Exists(Folder)
            ? [.. Directory.EnumerateFiles(Folder).Where(static path => System.IO.Path.GetFileName(path) is var name && (name.StartsWith("card", StringComparison.Ordinal) || name.StartsWith("renderD", StringComparison.Ordinal))).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>Opens a node and asks for its driver.</summary>
    /// <param name="path">One of <see cref="FindPaths"/>.</param>
    /// <exception cref="DmaBufException">ENOENT: no such node; EACCES: not for this user; ENOTTY: it is no DRM node.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static DrmDevice Open(string path)
    {
        LinuxOnly.Ensure();
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        SafeFileHandle node = DeviceNode.Open(path, "No driver made this node: load the driver of the graphics device, or vgem (modprobe vgem) for a virtual one.");
        try
        {
            (string name, Version version) = ReadVersion(node, path);
            return new(path, node, name, version);
        }
        catch
        {
            node.Dispose();
            throw;
        }
    }

    /// <summary>Makes memory for an image, without knowing the GPU (<c>DRM_IOCTL_MODE_CREATE_DUMB</c>).</summary>
    /// <param name="width">Pixels a line, at least 1.</param>
    /// <param name="height">Lines, at least 1.</param>
    /// <param name="bitsPerPixel">A multiple of 8 up to 32, usually 32.</param>
    /// <returns>The buffer, the caller's to dispose.</returns>
    /// <exception cref="DmaBufException">EACCES: this is a render node; ENOSYS or EOPNOTSUPP: the driver makes none; EINVAL: a size is 0 or too large; ENOMEM.</exception>
    /// <exception cref="ObjectDisposedException">The device was disposed.</exception>
    public DrmBuffer CreateDumbBuffer(uint width, uint height, uint bitsPerPixel = 32)
    {
        DrmModeUapi.drm_mode_create_dumb request = new() { width = width, height = height, bpp = bitsPerPixel };
        uint handle = _handles.Open(
            (ref uint made) =>
            {
                Errno errno = DeviceCall.Try(_node, DrmUapi.DRM_IOCTL_MODE_CREATE_DUMB, ref request);
                made = request.handle;
                return errno;
            },
            $"Making a dumb buffer of {width}x{height} with {bitsPerPixel} bits a pixel on {Path} ({DriverName})",
            static errno => errno switch
            {
                Errno.EACCES => "A render node makes none: open the card node.",
                Errno.ENOSYS or Errno.EOPNOTSUPP => "The driver makes none: take memory of a heap and import it.",
                Errno.EINVAL => "Neither size may be 0, and the product must stay below 4 GiB.",
                _ => NativeError.CommonRemedy(errno),
            });
        return new(this, handle, request.size, request.pitch);
    }

    /// <summary>Takes a dma-buf in (<c>DRM_IOCTL_PRIME_FD_TO_HANDLE</c>). One that this node knows already gets the handle that it has.</summary>
    /// <param name="kernelBuffer">It stays the caller's; the driver holds the memory on its own.</param>
    /// <returns>The buffer inside this device, the caller's to dispose.</returns>
    /// <exception cref="DmaBufException">EOPNOTSUPP: it is device memory, and the driver reaches none peer to peer; ENODEV: the driver takes nothing in; EINVAL and others: as the driver says.</exception>
    /// <exception cref="ObjectDisposedException">The device or the buffer was disposed.</exception>
    public DrmBuffer Import(KernelBuffer kernelBuffer)
    {
        ArgumentNullException.ThrowIfNull(kernelBuffer);
        return new(this, Import(kernelBuffer.Descriptor, kernelBuffer.ToString()), kernelBuffer.Length, pitch: 0);
    }

    /// <summary>Closes the node, and with it every handle.</summary>
    public void Dispose() => _node.Dispose();

    /// <summary>Node and driver.</summary>
    public override string ToString() => $"{Path} ({DriverName})";

    internal SafeFileHandle Node => _node;

    internal uint Import(System.Runtime.InteropServices.SafeHandle descriptor, string what)
    {
        bool isHeld = false;
        try
        {
            descriptor.DangerousAddRef(ref isHeld);
            DrmUapi.drm_prime_handle request = new() { fd = (int)descriptor.DangerousGetHandle() };
            return _handles.Open(
                (ref uint made) =>
                {
                    Errno errno = DeviceCall.Try(_node, DrmUapi.DRM_IOCTL_PRIME_FD_TO_HANDLE, ref request);
                    made = request.handle;
                    return errno;
                },
                $"Importing {what} into {this}",
                static errno => errno switch
                {
                    Errno.EOPNOTSUPP => "The memory is a device's, and this driver does not reach it peer to peer: import a buffer of RAM.",
                    Errno.ENODEV => "This driver takes no foreign buffers, or the memory's device has gone.",
                    _ => NativeError.CommonRemedy(errno),
                });
        }
        finally
        {
            if (isHeld)
            {
                descriptor.DangerousRelease();
            }
        }
    }

    internal void CloseHandle(uint handle) => _handles.Close(handle);

    private ulong ReadCapability(ulong capability)
    {
        DrmUapi.drm_get_cap request = new() { capability = capability };
        return DeviceCall.Try(_node, DrmUapi.DRM_IOCTL_GET_CAP, ref request) == Errno.None ? request.value : 0; // what a driver does not know it does not have
    }

    private static unsafe (string Name, Version Version) ReadVersion(SafeFileHandle node, string path)
    {
        const int RoomForName = 64;
        byte* name = stackalloc byte[RoomForName];
        DrmUapi.drm_version version = new() { name = (nint)name, name_len = RoomForName };
        Errno errno = DeviceCall.Try(node, DrmUapi.DRM_IOCTL_VERSION, ref version);
        return errno == Errno.None
            // SAFETY: the kernel wrote at most what it was given room for, and says how long the whole name is.
            ? (Encoding.UTF8.GetString(name, (int)Math.Min(version.name_len, RoomForName)), new(version.version_major, version.version_minor, version.version_patchlevel))
            : throw NativeError.Failure(errno, $"Asking {path} for its driver", errno == Errno.ENOTTY ? "It is no DRM node." : NativeError.CommonRemedy(errno));
    }
}
