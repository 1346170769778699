using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>What all DRM nodes have in common.</summary>
[KernelHeader("drm/drm.h")]
internal static class DrmUapi
{
    internal const ulong DRM_CAP_DUMB_BUFFER = 0x1;
    internal const ulong DRM_CAP_PRIME = 0x5;
    internal const ulong DRM_CAP_SYNCOBJ = 0x13;
    internal const ulong DRM_PRIME_CAP_IMPORT = 0x1;
    internal const ulong DRM_PRIME_CAP_EXPORT = 0x2;

    internal static readonly uint DRM_IOCTL_VERSION = IoctlNumber.ReadWrite<drm_version>('d', 0x00);
    internal static readonly uint DRM_IOCTL_GEM_CLOSE = IoctlNumber.Write<drm_gem_close>('d', 0x09);
    internal static readonly uint DRM_IOCTL_GET_CAP = IoctlNumber.ReadWrite<drm_get_cap>('d', 0x0c);
    internal static readonly uint DRM_IOCTL_PRIME_HANDLE_TO_FD = IoctlNumber.ReadWrite<drm_prime_handle>('d', 0x2d);
    internal static readonly uint DRM_IOCTL_PRIME_FD_TO_HANDLE = IoctlNumber.ReadWrite<drm_prime_handle>('d', 0x2e);
    internal static readonly uint DRM_IOCTL_MODE_CREATE_DUMB = IoctlNumber.ReadWrite<DrmModeUapi.drm_mode_create_dumb>('d', 0xb2);
    internal static readonly uint DRM_IOCTL_MODE_MAP_DUMB = IoctlNumber.ReadWrite<DrmModeUapi.drm_mode_map_dumb>('d', 0xb3);

    [StructLayout(LayoutKind.Explicit, Size = 64)]
    internal struct drm_version
    {
        [FieldOffset(0)] public int version_major;
        [FieldOffset(4)] public int version_minor;
        [FieldOffset(8)] public int version_patchlevel;
        [FieldOffset(16)] public nuint name_len;
        [FieldOffset(24)] public nint name;
        [FieldOffset(32)] public nuint date_len;
        [FieldOffset(40)] public nint date;
        [FieldOffset(48)] public nuint desc_len;
        [FieldOffset(56)] public nint desc;
    }

    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct drm_get_cap
    {
        [FieldOffset(0)] public ulong capability;
        [FieldOffset(8)] public ulong value;
    }

    [StructLayout(LayoutKind.Explicit, Size = 8)]
    internal struct drm_gem_close
    {
        [FieldOffset(0)] public uint handle;
        [FieldOffset(4)] public uint pad;
    }

    [StructLayout(LayoutKind.Explicit, Size = 12)]
    internal struct drm_prime_handle
    {
        [FieldOffset(0)] public uint handle;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public int fd;
    }
}
