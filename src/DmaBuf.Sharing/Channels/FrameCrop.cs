namespace DmaBuf.Sharing;

/// <summary>The part of a frame that is meant to be seen, in pixels.</summary>
/// <param name="X">Left edge.</param>
/// <param name="Y">Upper edge.</param>
/// <param name="Width">Pixels a line; 0 with <paramref name="Height"/> 0: all of the frame.</param>
/// <param name="Height">Lines.</param>
/// <remarks>An immutable value. Whether it lies within the frame is for the reader to check.</remarks>
public readonly record struct FrameCrop(uint X, uint Y, uint Width, uint Height);
