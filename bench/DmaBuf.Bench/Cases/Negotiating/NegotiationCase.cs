namespace DmaBuf.Bench;

/// <summary>
/// One pass of the matcher over prepared lists, explanation off: what an attach does before it makes the attachment. Declines are recorded
/// as values in both outcomes, because a failing attach must be able to explain itself; the explanation's text is not made.
/// </summary>
internal sealed class NegotiationCase(
    string shape, string twinCase, double target, MappingOfferList offers, MappingRequestList requests, Errno expected) : IBenchmarkCase
{
    private const ulong BufferSize = 4096;

    public string Name => $"negotiation {shape}";

    public string Unit => "ns/operation";

    public double? Target => target;

    public string TwinCase => twinCase;

    public void Run(int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            VerdictLog log = default;
            MatchOutcome outcome = Matcher.Match(BufferSize, offers, requests, ref log, importerIsDynamic: true);
            log.Return();
            if (outcome.Errno != expected)
                throw BenchmarkException.WentWrong($"'{Name}' ended with {outcome.Errno}, not with {expected}.");
        }
    }
}
