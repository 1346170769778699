namespace DmaBuf.Linux;

/// <summary>Exports a plane of a video queue's memory. Offers as <see cref="KernelBufferExporter"/>.</summary>
/// <remarks>Safe for all threads.</remarks>
public static class VideoExporter
{
    /// <summary>Exports. The queue may go afterwards; while it streams, the device fills the memory whenever it has the slot.</summary>
    /// <param name="queue">A queue of the driver's memory; it stays the caller's.</param>
    /// <param name="slot">Which buffer.</param>
    /// <param name="plane">Which plane of it.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; the last reference to go closes its dma-buf.</returns>
    /// <exception cref="DmaBufException">As <see cref="VideoQueue.Export"/> and <see cref="DmaBuffer.Export"/>.</exception>
    public static DmaBuffer Export(VideoQueue queue, int slot, int plane = 0, DmaBufferExportOptions? options = null)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(queue);
        KernelBuffer kernelBuffer = queue.Export(slot, plane);
        try
        {
            return KernelBufferExporter.Export(kernelBuffer, options);
        }
        catch
        {
            kernelBuffer.Dispose();
            throw;
        }
    }
}
