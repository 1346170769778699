namespace DmaBuf.Sharing;

/// <summary>What a frame's bytes are, in the kernel's words for pictures; all zero: not said.</summary>
/// <param name="Fourcc">The format, <c>DRM_FORMAT_*</c>, for example 0x34325258 for <c>XR24</c>.</param>
/// <param name="Modifier">The memory layout, <c>DRM_FORMAT_MOD_*</c>; 0 is linear.</param>
/// <param name="Width">Pixels a line.</param>
/// <param name="Height">Lines.</param>
/// <param name="Stride">Bytes from one line of the first plane to the next.</param>
/// <param name="Crop">The part that is meant to be seen.</param>
/// <param name="Color">What the numbers mean as colour.</param>
/// <remarks>
/// An immutable value. A subscriber gets it as the publisher wrote it: check that width, height and stride fit the frame's size before using them on its bytes.
/// </remarks>
public readonly record struct FrameDescription(
    uint Fourcc, ulong Modifier, uint Width, uint Height, uint Stride, FrameCrop Crop = default, FrameColor Color = default);
