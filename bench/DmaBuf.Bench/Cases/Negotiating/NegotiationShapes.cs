namespace DmaBuf.Bench;

/// <summary>The lists that the negotiation cases are about; the same shapes stand in the twin.</summary>
internal static class NegotiationShapes
{
    private const int Many = 64;

    /// <summary>All negotiation cases in the report's order.</summary>
    public static IEnumerable<IBenchmarkCase> CreateAll() =>
    [
        FirstHit(),
        LastHit(),
        NothingInCommon(8, target: 0.1),
        NothingInCommon(Many, target: 0.12),
        AllDecline(),
    ];

    private static NegotiationCase FirstHit()
    {
        var type = new RulelessType();
        return new NegotiationCase("1x1, first hit, no rule", "negotiation-1x1-first-hit", 1.2, [type.Offer()], [type.Request()], Errno.None);
    }

    /// <summary>Three types with rules; the first two decline, so that the last of nine pairs wins after three calls.</summary>
    private static NegotiationCase LastHit()
    {
        PeerRuleType[] types = [new(), new(), new()];
        MappingOffer[] offers = [.. types.Select((type, index) => type.Offer(requiresPeer: index < 2))];
        MappingRequest[] requests = [.. types.Select(type => type.Request(acceptsPeer: false))];
        return new NegotiationCase("3x3, last hit, rules called", "negotiation-3x3-last-hit", 1.2, [.. offers], [.. requests], Errno.None);
    }

    private static NegotiationCase NothingInCommon(int count, double target)
    {
        MappingOffer[] offers = [.. Enumerable.Range(0, count).Select(_ => new RulelessType().Offer())];
        MappingRequest[] requests = [.. Enumerable.Range(0, count).Select(_ => new RulelessType().Request())];
        return new NegotiationCase(
            $"{count}x{count}, nothing in common", $"negotiation-{count}x{count}-nothing-in-common", target, [.. offers], [.. requests], Errno.EINVAL);
    }

    /// <summary>One type on both sides; its rule is asked for each of the 4096 pairs and declines each.</summary>
    private static NegotiationCase AllDecline()
    {
        var type = new PeerRuleType();
        MappingOffer[] offers = [.. Enumerable.Range(0, Many).Select(_ => type.Offer(requiresPeer: true))];
        MappingRequest[] requests = [.. Enumerable.Range(0, Many).Select(_ => type.Request(acceptsPeer: false))];
        return new NegotiationCase("64x64, every rule declines", "negotiation-64x64-all-decline", 0.8, [.. offers], [.. requests], Errno.EINVAL);
    }
}
