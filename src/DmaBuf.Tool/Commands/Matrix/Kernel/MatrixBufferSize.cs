namespace DmaBuf.Tool;

/// <summary>How large the kernel's buffers in the matrix are: as the importer needs that needs the most, so that none declines every buffer for its size alone.</summary>
/// <remarks>Used by one thread.</remarks>
internal sealed class MatrixBufferSize
{
    /// <summary>What every buffer has at least.</summary>
    internal const int Smallest = 1 << 20;

    /// <summary>An importer that needs more takes no part: the matrix fills, compares and keeps buffers of this size for each exporter.</summary>
    internal const int Largest = 64 << 20;

    private const int Page = 4096;

    /// <summary>Bytes, whole pages.</summary>
    internal int Bytes { get; private set; } = Smallest;

    /// <summary>Makes the buffers large enough for an importer.</summary>
    /// <exception cref="DmaBufException">EFBIG: nothing changes; the importer should be left out.</exception>
    internal void MakeRoomFor(ulong needed)
    {
        if (needed > Largest)
        {
            throw new DmaBufException(Errno.EFBIG, $"it needs buffers of {Text.Size(needed)}, and the matrix makes none over {Text.Size(Largest)}. Choose a smaller format (v4l2-ctl --set-fmt-video).");
        }

        Bytes = Math.Max(Bytes, ((int)needed + Page - 1) / Page * Page);
    }
}
