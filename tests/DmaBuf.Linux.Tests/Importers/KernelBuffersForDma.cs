using DmaBuf.Linux.Tests.Vfio;

namespace DmaBuf.Linux.Tests.Importers;

/// <summary>Real buffers whose DMA-bufs neither interface of the IOMMU takes.</summary>
internal static class KernelBuffersForDma
{
    internal static DmaBuffer Make(string exporter)
    {
        if (exporter == "system")
        {
            using DmaHeap heap = DmaHeap.Open("system");
            return HeapExporter.Export(heap, 2 * LabDevices.Page);
        }

        Assert.Equal("udmabuf", exporter);
        using MemoryFile file = BuffersLab.Sealed(2 * LabDevices.Page);
        using UserMemoryDevice device = UserMemoryDevice.Open();
        return UserMemoryExporter.Export(device, [UserMemoryPart.Whole(file)]);
    }
}
