using DmaBuf.Machine;

namespace DmaBuf.Bench;

/// <summary>
/// Attach, map, unmap and detach of one page for an engine behind an IOMMU, on a software machine where so many others are attached and mapped: the whole public way, with
/// checks, locks and accounting that the twin does not have.
/// </summary>
internal sealed class MachineCase : IBenchmarkCase
{
    private static readonly int[] s_sizes = [1, 10, 100, 1000, 10_000, 100_000];

    private readonly DmaBufferImporter _importer = new("bench");
    private readonly MappingRequest<ScatterGatherAttachment> _request;
    private readonly DmaBuffer _buffer;
    private readonly ScatterGatherMapping[] _live;

    private MachineCase(int live)
    {
        SoftwareMachine machine = SoftwareMachine.CreateSample();
        _request = ScatterGatherMappingType.Request(machine.GetEngine(SampleMachine.IommuEngine));
        _buffer = RamExporter.Export(machine, 4096, new DmaBufferExportOptions { Registry = new DmaBufferRegistry() });
        _live = [.. Enumerable.Range(0, live).Select(_ => Map())];
    }

    public string Name => $"attach + map + unmap + detach on a machine, {_live.Length} live";

    public string Unit => "ns/operation";

    public double? Target => null;

    public long? AllowedBytes => null;

    public string TwinCase => $"machine-attach-map:{_live.Length}";

    public GrowthPoint Growth => new("Attach, map, unmap and detach beside those who are attached", "attachments", _live.Length);

    /// <summary>The rows in the report's order.</summary>
    public static IEnumerable<MachineCase> CreateAll() => s_sizes.Select(static size => new MachineCase(size));

    public void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            ScatterGatherMapping mapping = Map();
            Attachment attachment = mapping.Attachment;
            mapping.Dispose();
            attachment.Dispose();
        }

        if (_buffer.AttachmentCount != _live.Length)
            throw BenchmarkException.WentWrong($"'{Name}' left {_buffer.AttachmentCount} attachments.");
    }

    private ScatterGatherMapping Map() => _buffer.Attach(_importer, _request).MapScatterGather(DmaDirection.Bidirectional);
}
