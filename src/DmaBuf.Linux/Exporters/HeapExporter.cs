namespace DmaBuf.Linux;

/// <summary>Exports memory of a kernel heap as a buffer: the shortest way to a real dma-buf. Offers as <see cref="KernelBufferExporter"/>.</summary>
/// <remarks>Safe for all threads.</remarks>
public static class HeapExporter
{
    /// <summary>Allocates and exports. The heap may be disposed afterwards.</summary>
    /// <param name="heap">Where the memory comes from.</param>
    /// <param name="length">Bytes, at least 1; the buffer has whole pages.</param>
    /// <param name="options">Name, reservation, registry; null for the defaults.</param>
    /// <returns>The buffer; the last reference to go gives the memory back.</returns>
    /// <exception cref="DmaBufException">As <see cref="DmaHeap.Allocate"/> and <see cref="DmaBuffer.Export"/>; nothing is left allocated.</exception>
    public static DmaBuffer Export(DmaHeap heap, ulong length, DmaBufferExportOptions? options = null)
    {
        LinuxOnly.Ensure();
        ArgumentNullException.ThrowIfNull(heap);
        KernelBuffer kernelBuffer = heap.Allocate(length);
        try
        {
            return KernelBufferExporter.Export(kernelBuffer, options, heap.TraitsOf(kernelBuffer.Length));
        }
        catch
        {
            kernelBuffer.Dispose();
            throw;
        }
    }
}
