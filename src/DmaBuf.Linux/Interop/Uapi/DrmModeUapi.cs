using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>Dumb buffers: memory that every driver with a screen can make without knowing its GPU. Their request numbers stand in the common header.</summary>
[KernelHeader("drm/drm_mode.h")]
internal static class DrmModeUapi
{
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    internal struct drm_mode_create_dumb
    {
        [FieldOffset(0)] public uint height;
        [FieldOffset(4)] public uint width;
        [FieldOffset(8)] public uint bpp;
        [FieldOffset(12)] public uint flags;
        [FieldOffset(16)] public uint handle;
        [FieldOffset(20)] public uint pitch;
        [FieldOffset(24)] public ulong size;
    }

    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct drm_mode_map_dumb
    {
        [FieldOffset(0)] public uint handle;
        [FieldOffset(4)] public uint pad;
        [FieldOffset(8)] public ulong offset;
    }
}
