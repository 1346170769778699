namespace DmaBuf;

/// <summary>The check that a direction is one of the three there are.</summary>
internal static class DmaDirectionRule
{
    /// <summary>Throws EINVAL unless <paramref name="direction"/> is a member of <see cref="DmaDirection"/>.</summary>
    internal static void Require(DmaDirection direction)
    {
        if ((uint)direction > (uint)DmaDirection.FromDevice)
        {
            throw new DmaBufException(
                Errno.EINVAL, $"{(int)direction} is no DMA direction; use {nameof(DmaDirection.Bidirectional)}, {nameof(DmaDirection.ToDevice)} or {nameof(DmaDirection.FromDevice)}.");
        }
    }
}
