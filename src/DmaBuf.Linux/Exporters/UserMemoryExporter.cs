namespace DmaBuf.Linux;

/// <summary>Exports memory files as one dma-buf that devices can import. Offers as <see cref="KernelBufferExporter"/>; the files show the same bytes.</summary>
/// <remarks>Safe for all threads.</remarks>
public static class UserMemoryExporter
{
    /// <summary>Makes a dma-buf of the parts and exports it. Device and files may be disposed afterwards.</summary>
    /// <param name="device">The driver.</param>
    /// <param name="parts">At least one.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; the last reference to go lets go of the pages.</returns>
    /// <exception cref="DmaBufException">As <see cref="UserMemoryDevice.Create(ReadOnlySpan{UserMemoryPart})"/> and <see cref="DmaBuffer.Export"/>; nothing is left made.</exception>
    public static DmaBuffer Export(UserMemoryDevice device, ReadOnlySpan<UserMemoryPart> parts, DmaBufferExportOptions? options = null)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(device);
        KernelBuffer kernelBuffer = device.Create(parts);
        try
        {
            return KernelBufferExporter.Export(kernelBuffer, options, new KernelBufferTraits { ContiguousRun = RunOf(parts) });
        }
        catch
        {
            kernelBuffer.Dispose();
            throw;
        }
    }

    /// <summary>What is together in one page of a file is together in memory; part after part, the least counts.</summary>
    private static ulong RunOf(ReadOnlySpan<UserMemoryPart> parts)
    {
        ulong least = ulong.MaxValue;
        foreach (UserMemoryPart part in parts)
        {
            ulong page = part.File.Facts.PageSize;
            bool isWhole = part.Offset % page == 0 && part.Length % page == 0;
            bool isInsideOne = part.Offset / page == (part.Offset + part.Length - 1) / page;
            least = Math.Min(least, isInsideOne ? part.Length : isWhole ? page : (ulong)Environment.SystemPageSize);
        }

        return least;
    }
}
