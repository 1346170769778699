using DmaBuf.Linux;
using DmaBuf.Samples.Vfio;

namespace DmaBuf.Tool;

/// <summary>
/// The devices that are bound to vfio-pci: their prefetchable BARs as exporters, and, if one of them is QEMU's edu device, whose DMA engine we can drive, its IOMMU's interface as importer.
/// </summary>
/// <remarks>With iommufd, where the kernel has it, else type 1: a device belongs to one of them at a time.</remarks>
internal sealed class VfioMatrix : IDisposable
{
    private const int BarLength = 64 << 10;

    private readonly List<IDisposable> _opened = [];

    internal List<MatrixExporter> Exporters { get; } = [];

    internal List<MatrixImporter> Importers { get; } = [];

    internal async Task OpenAsync(List<string> leftOut, CancellationToken cancellationToken)
    {
        IommuInterface host;
        try
        {
            host = Keep(IommuInterface.Open());
        }
        catch (DmaBufException refused)
        {
            leftOut.Add($"VFIO: {MatrixReason.Of(refused.Errno, refused.Message)}");
            return;
        }

        VfioDevice? engine = null;
        foreach (SysfsPciDevice function in PciTree.Read().Devices.Where(static device => device.Driver == "vfio-pci"))
        {
            try
            {
                VfioDevice device = Keep(host.OpenDevice(function));
                await device.EnableAsync(cancellationToken).ConfigureAwait(false);
                engine ??= function.Vendor == EduDevice.Vendor && function.DeviceId == EduDevice.Device ? device : null;
                AddBars(device, function);
            }
            catch (DmaBufException refused)
            {
                leftOut.Add($"{function.Address}: {MatrixReason.Of(refused.Errno, refused.Message)}");
            }
        }

        if (engine is null)
        {
            leftOut.Add("IOMMU: no device that could move bytes for us is bound to vfio-pci (QEMU's edu, 1234:11e8)");
            return;
        }

        Importers.Add(host.CreateImporter(Keep(EduDevice.Open(engine))));
    }

    public void Dispose()
    {
        foreach (IDisposable one in Enumerable.Reverse(_opened))
        {
            one.Dispose();
        }
    }

    private void AddBars(VfioDevice device, SysfsPciDevice function)
    {
        foreach (SysfsPciBar bar in function.Bars.Where(static bar => bar.IsPrefetchable && bar.Length >= BarLength))
        {
            VfioRegion region = device.Bar(bar.Index);
            Exporters.Add(new MatrixExporter($"{function.Address} BAR {bar.Index}", IsReal: true, () => Export(region)) { ExportUnguarded = () => ExportUnguarded(region) });
        }
    }

    private static MatrixBuffer Export(VfioRegion region) => Fill(region, VfioRegionExporter.Export(region, [new VfioRegionRange(0, BarLength)]));

    /// <summary>The same DMA-buf without our rule that whoever holds it must let go: to hear what a kernel's import says by itself.</summary>
    private static MatrixBuffer ExportUnguarded(VfioRegion region) => Fill(region, KernelBufferExporter.Export(region.Device.Export(region.Index, new VfioRegionRange(0, BarLength))));

    private static MatrixBuffer Fill(VfioRegion region, DmaBuffer buffer)
    {
        byte[] contents = MatrixPattern.Make(BarLength, seed: 1);
        region.Write(0, contents);
        return new MatrixBuffer(buffer, contents, destination => region.Read(0, destination));
    }

    private T Keep<T>(T opened)
        where T : IDisposable
    {
        _opened.Add(opened);
        return opened;
    }
}
