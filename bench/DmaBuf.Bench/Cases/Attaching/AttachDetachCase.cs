namespace DmaBuf.Bench;

/// <summary>
/// A whole attach and detach through the public interface, with two offers and two requests of which the last pair matches; on a buffer
/// of its own, or on one that others stay attached to.
/// </summary>
internal sealed class AttachDetachCase : IBenchmarkCase
{
    private readonly DmaBufferImporter _importer = new("bench");
    private readonly DmaBuffer _buffer;
    private readonly MappingRequestList _requests;
    private readonly int _live;

    /// <summary>Exports the buffer and attaches those that stay.</summary>
    public AttachDetachCase(int live)
    {
        PeerRuleType first = new(), common = new(), other = new();
        MappingOfferList offers = [first.Offer(requiresPeer: false), common.Offer(requiresPeer: false)];
        _requests = [other.Request(acceptsPeer: false), common.Request(acceptsPeer: true)];
        _buffer = DmaBuffer.Export(new BenchExporter(offers), 4096, new DmaBufferExportOptions { Registry = new DmaBufferRegistry() });
        _live = live;
        for (int i = 0; i < live; i++)
            _buffer.Attach(_importer, _requests);
    }

    public string Name => _live == 0 ? "attach + detach 2x2" : $"attach + detach 2x2, {_live} live";

    public string Unit => "ns/operation";

    public double? Target => _live == 0 ? 1.1 : 1.2;

    public long? AllowedBytes => 112;

    public string TwinCase => _live == 0 ? "attach-detach-2x2" : $"attach-detach-2x2-{_live}-live";

    public void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
            _buffer.Attach(_importer, _requests).Detach();
    }
}
