using DmaBuf.Linux;

namespace DmaBuf.Tool;

/// <summary>The exporters and importers of this host's kernel: whatever device nodes are there and may be opened. What may not is left out, with the reason.</summary>
/// <remarks>Owns the devices that it opened. Used by one thread.</remarks>
internal sealed class KernelMatrix : IDisposable
{
    private readonly List<IDisposable> _opened = [];
    private readonly List<MatrixExporter> _exporters = [];
    private readonly List<MatrixImporter> _importers = [];
    private readonly List<string> _leftOut = [];
    private readonly MatrixBufferSize _size = new();

    private KernelMatrix()
    {
    }

    internal IReadOnlyList<MatrixExporter> Exporters => _exporters;

    internal IReadOnlyList<MatrixImporter> Importers => _importers;

    /// <summary>What is here but takes no part, each with its reason.</summary>
    internal IReadOnlyList<string> LeftOut => _leftOut;

    /// <param name="withVfio">Also opens devices that are bound to vfio-pci, which resets them.</param>
    /// <param name="cancellationToken">Ends waiting for devices.</param>
    internal static async Task<KernelMatrix> OpenAsync(bool withVfio, CancellationToken cancellationToken)
    {
        KernelMatrix matrix = new();
        try
        {
            matrix.AddHeaps();
            matrix.AddUserMemory();
            matrix.AddDrm();
            matrix.AddVideo();
            if (withVfio)
            {
                VfioMatrix vfio = matrix.Keep(new VfioMatrix());
                await vfio.OpenAsync(matrix._leftOut, cancellationToken).ConfigureAwait(false);
                matrix._exporters.AddRange(vfio.Exporters);
                matrix._importers.AddRange(vfio.Importers);
            }

            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (IDisposable one in Enumerable.Reverse(_opened))
        {
            one.Dispose();
        }
    }

    private void AddHeaps()
    {
        foreach (string name in DmaHeap.FindNames())
        {
            Try($"heap {name}", () =>
            {
                DmaHeap heap = Keep(DmaHeap.Open(name));
                _exporters.Add(new MatrixExporter($"heap {name}", IsReal: true, () => KernelMatrixBuffer.Fill(HeapExporter.Export(heap, (ulong)_size.Bytes))));
            });
        }
    }

    private void AddUserMemory()
    {
        if (!File.Exists(UserMemoryDevice.Path))
        {
            return;
        }

        Try("udmabuf", () =>
        {
            UserMemoryDevice device = Keep(UserMemoryDevice.Open());
            _exporters.Add(new MatrixExporter("udmabuf", IsReal: true, () => KernelMatrixBuffer.OfMemoryFile(device, _size.Bytes)));
        });
    }

    private void AddDrm()
    {
        foreach (string path in DrmDevice.FindPaths())
        {
            Try(path, () =>
            {
                DrmDevice device = Keep(DrmDevice.Open(path));
                string name = $"{device.DriverName} {Path.GetFileName(path)}";
                if (device.CanExport && device.Kind == DrmNodeKind.Card)
                {
                    _exporters.Add(new MatrixExporter(name, IsReal: true, () => KernelMatrixBuffer.OfDrm(device, _size.Bytes)));
                }

                if (device.CanImport)
                {
                    _importers.Add(new DrmMatrixImporter(name, device));
                }
            });
        }
    }

    private void AddVideo()
    {
        foreach (string path in VideoDevice.FindPaths())
        {
            Try(path, () =>
            {
                VideoDevice device = Keep(VideoDevice.Open(path));
                if (!device.Capabilities.CanStream || !device.Capabilities.Types.Contains(VideoBufferType.Capture))
                {
                    return;
                }

                string name = $"{device.Capabilities.DriverName} {Path.GetFileName(path)}";
                _exporters.Add(new MatrixExporter(name, IsReal: true, () => KernelMatrixBuffer.OfVideo(device)) { Device = path });
                (ulong frame, bool isContiguous) = KernelMatrixBuffer.NeedsOf(device);
                _size.MakeRoomFor(frame);
                _importers.Add(new VideoMatrixImporter(name, device, isContiguous) { Device = path });
            });
        }
    }

    private T Keep<T>(T opened)
        where T : IDisposable
    {
        _opened.Add(opened);
        return opened;
    }

    /// <summary>A device that does not open takes no part; the others do.</summary>
    private void Try(string what, Action open)
    {
        try
        {
            open();
        }
        catch (DmaBufException refused)
        {
            _leftOut.Add($"{what}: {MatrixReason.Of(refused.Errno, refused.Message)}");
        }
    }
}
