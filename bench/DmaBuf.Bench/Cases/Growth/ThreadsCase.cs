using System.Diagnostics.CodeAnalysis;

namespace DmaBuf.Bench;

/// <summary>
/// One thread negotiates while so many attach and detach, each at a buffer of its own; all negotiate over the same lists. Timed until the last one has done its
/// share, so that the figure is what all of them cost together, collections included. Not pinned to a core.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A case and its threads live as long as the program.")]
internal sealed class ThreadsCase : IBenchmarkCase
{
    private static readonly int[] s_sizes = [1, 2, 4, 8];

    private readonly MappingOfferList _offers;
    private readonly MappingRequestList _requests;
    private readonly int _threads;
    private readonly Barrier _starting;
    private readonly Barrier _ending;
    private volatile int _share;

    private ThreadsCase(int threads)
    {
        PeerRuleType first = new(), common = new(), other = new();
        _offers = [first.Offer(requiresPeer: false), common.Offer(requiresPeer: false)];
        _requests = [other.Request(acceptsPeer: false), common.Request(acceptsPeer: true)];
        _threads = threads;
        _starting = new Barrier(threads + 1);
        _ending = new Barrier(threads + 1);
        for (int i = 0; i < threads; i++)
            new Thread(AttachAllTheTime) { IsBackground = true }.Start();
    }

    public string Name => $"negotiation while {_threads} threads attach + detach";

    public string Unit => "ns/operation";

    public int UnitsPerIteration => _threads + 1;

    public double? Target => null;

    public long? AllowedBytes => null;

    public bool IsPinned => false;

    public string TwinCase => $"negotiation-among-threads:{_threads}";

    public GrowthPoint Growth => new("Negotiating and attaching, divided by the operations of all threads", "threads", _threads);

    /// <summary>The rows in the report's order.</summary>
    public static IEnumerable<ThreadsCase> CreateAll() => s_sizes.Select(static size => new ThreadsCase(size));

    public void Run(int iterations)
    {
        _share = iterations;
        _starting.SignalAndWait();
        for (int i = 0; i < iterations; i++)
        {
            VerdictLog log = default;
            MatchOutcome outcome = Matcher.Match(4096, _offers, _requests, ref log, importerIsDynamic: true);
            log.Return();
            if (outcome.Errno != Errno.None)
                throw BenchmarkException.WentWrong($"'{Name}' ended with {outcome.Errno}.");
        }

        _ending.SignalAndWait();
    }

    private void AttachAllTheTime()
    {
        DmaBufferImporter importer = new("bench");
        DmaBuffer buffer = DmaBuffer.Export(new BenchExporter(_offers), 4096, new DmaBufferExportOptions { Registry = new DmaBufferRegistry() });
        while (true)
        {
            _starting.SignalAndWait();
            for (int i = _share; i > 0; i--)
                buffer.Attach(importer, _requests).Detach();
            _ending.SignalAndWait();
        }
    }
}
