using DmaBuf.Linux.Tests.IommuFd;
using DmaBuf.Linux.Tests.Vfio;
using DmaBuf.Samples.Vfio;

namespace DmaBuf.Linux.Tests.SharedTests;

/// <summary>One of the kernel's two ways to give memory to a device, with the lab's devices in it.</summary>
internal abstract class LabInterface : IDisposable
{
    internal abstract Task<VfioDevice> OpenAsync(Func<PciTree, SysfsPciDevice> which);

    internal abstract DescriptorAttachment Attach(DmaBuffer buffer, DmaDirection direction = DmaDirection.Bidirectional, DmaAddress? at = null);

    /// <summary>A buffer that it declines, and the property with which it does.</summary>
    internal abstract (DmaBuffer Buffer, string Property) ExportForeign();

    public abstract void Dispose();

    /// <summary>VFIO's container.</summary>
    internal sealed class TypeOne : LabInterface
    {
        private readonly LabDevices _lab = new();
        private VfioTypeOneImporter? _importer;

        internal override Task<VfioDevice> OpenAsync(Func<PciTree, SysfsPciDevice> which) => _lab.OpenAsync(which);

        /// <summary>An allocator that knows of nothing lets the kernel say whether an address is taken.</summary>
        internal override DescriptorAttachment Attach(DmaBuffer buffer, DmaDirection direction, DmaAddress? at)
        {
            _importer ??= _lab.Importer();
            return at is null ? _importer.Attach(buffer, direction) : new VfioTypeOneImporter(_lab.Container).Attach(buffer, direction, at);
        }

        internal override (DmaBuffer Buffer, string Property) ExportForeign()
        {
            using DmaHeap heap = DmaHeap.Open("system");
            return (HeapExporter.Export(heap, 4096), "pinnable by address");
        }

        public override void Dispose() => _lab.Dispose();
    }

    /// <summary>iommufd.</summary>
    internal sealed class AddressSpace : LabInterface
    {
        private readonly IommuFdLab _lab = new();
        private readonly IovaRangeAllocator _low;
        private readonly IommuFdImporter _importer;

        internal AddressSpace()
        {
            _importer = new IommuFdImporter(_lab.Space);
            _low = new IovaRangeAllocator(new IovaLimits(4096, [new DmaRange(new DmaAddress(0x1000), 0x0010_0000)]), EduDevice.LastAddress);
        }

        internal override Task<VfioDevice> OpenAsync(Func<PciTree, SysfsPciDevice> which) => _lab.OpenAsync(which);

        internal override DescriptorAttachment Attach(DmaBuffer buffer, DmaDirection direction, DmaAddress? at) => _importer.Attach(buffer, direction, at ?? _low.Allocate(buffer.Size).Start);

        internal override (DmaBuffer Buffer, string Property) ExportForeign()
        {
            using DmaHeap heap = DmaHeap.Open("system");
            return (HeapExporter.Export(heap, 4096), "kernel exporter");
        }

        public override void Dispose() => _lab.Dispose();
    }
}
