using System.Runtime.InteropServices;

namespace DmaBuf.Linux;

/// <summary>The virtual GEM driver: fences that user space signals.</summary>
[KernelHeader("drm/vgem_drm.h")]
internal static class VgemUapi
{
    internal const uint VGEM_FENCE_WRITE = 1;

    internal static readonly uint DRM_IOCTL_VGEM_FENCE_ATTACH = IoctlNumber.ReadWrite<drm_vgem_fence_attach>('d', 0x41);
    internal static readonly uint DRM_IOCTL_VGEM_FENCE_SIGNAL = IoctlNumber.Write<drm_vgem_fence_signal>('d', 0x42);

    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct drm_vgem_fence_attach
    {
        [FieldOffset(0)] public uint handle;
        [FieldOffset(4)] public uint flags;
        [FieldOffset(8)] public uint out_fence;
        [FieldOffset(12)] public uint pad;
    }

    [StructLayout(LayoutKind.Explicit, Size = 8)]
    internal struct drm_vgem_fence_signal
    {
        [FieldOffset(0)] public uint fence;
        [FieldOffset(4)] public uint flags;
    }
}
