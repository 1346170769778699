namespace DmaBuf.Bench;

/// <summary>Entering and leaving the gate that every access to a mapping passes.</summary>
internal sealed class AccessCase : IBenchmarkCase
{
    private readonly BenchMapping _mapping;

    /// <summary>Exports, attaches and maps once.</summary>
    public AccessCase()
    {
        var type = new RulelessType();
        MappingOfferList offers = [type.Offer()];
        DmaBuffer buffer = DmaBuffer.Export(new BenchExporter(offers), 4096, new DmaBufferExportOptions { Registry = new DmaBufferRegistry() });
        _mapping = buffer.Attach(new DmaBufferImporter("bench"), type.Request()).Map();
    }

    public string Name => "access lease enter + leave";

    public string Unit => "ns/operation";

    public double? Target => 1.3;

    public string TwinCase => "access-enter-leave";

    public void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            using AccessScope scope = _mapping.Enter();
        }
    }
}
