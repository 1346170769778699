namespace DmaBuf.Linux;

/// <summary>Exports a buffer of a DRM device by PRIME. Offers as <see cref="KernelBufferExporter"/>.</summary>
/// <remarks>Safe for all threads.</remarks>
public static class DrmExporter
{
    /// <summary>Exports. Buffer and device may be disposed afterwards.</summary>
    /// <param name="drmBuffer">A dumb buffer, or one that was imported; it stays the caller's.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; the last reference to go closes its dma-buf.</returns>
    /// <exception cref="DmaBufException">As <see cref="DrmBuffer.Export"/> and <see cref="DmaBuffer.Export"/>.</exception>
    public static DmaBuffer Export(DrmBuffer drmBuffer, DmaBufferExportOptions? options = null)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(drmBuffer);
        KernelBuffer kernelBuffer = drmBuffer.Export();
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
