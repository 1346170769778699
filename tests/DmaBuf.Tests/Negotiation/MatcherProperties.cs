using CsCheck;
using DmaBuf.Tests.Fakes;
using Offer = DmaBuf.Tests.Negotiation.ReferenceMatcher.Offer;
using Request = DmaBuf.Tests.Negotiation.ReferenceMatcher.Request;

namespace DmaBuf.Tests.Negotiation;

/// <summary>For any offers, requests, costs, conversions and verdicts the matcher agrees with twenty lines written from the specification.</summary>
public sealed class MatcherProperties : BufferFixture
{
    private static readonly MappingCost[] s_costs = [MappingCost.None, MappingCost.IommuMap, MappingCost.Copy];

    private static readonly Gen<Offer> s_offer = Gen.Select(
        Gen.Int[0, 2],
        Gen.Int[0, 2],
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], static (type, cost) => new Offer(type, s_costs[cost], [])).Array[0, 2],
        static (type, cost, converted) => new Offer(type, s_costs[cost], [.. converted.Where(other => other.Type != type)]));

    private static readonly Gen<Request> s_request = Gen.Select(
        Gen.Int[0, 2], Gen.Bool, static (type, copies) => new Request(type, copies ? MappingCost.Default | MappingCost.Copy : MappingCost.Default));

    // Declines outweigh the rest, so that passes get far enough to reach conversions.
    private static readonly Gen<(Offer[] Offers, Request[] Requests, int[] Verdicts)> s_case = Gen.Select(
        s_offer.Array[0, 5],
        s_request.Array[0, 5],
        Gen.Frequency((12, Gen.Const(-1)), (4, Gen.Const(0)), (1, Gen.Const((int)Errno.ENOMEM)), (1, Gen.Const((int)Errno.ENODEV))).Array[61]);

    [Fact]
    public void Result_chosen_pair_and_calls_in_order_are_those_of_the_reference()
    {
        int agreed = 0;
        int converted = 0;
        int aborted = 0;
        s_case.Sample(
            drawn =>
            {
                int Verdict(string call) => drawn.Verdicts[Hash(call) % drawn.Verdicts.Length];
                List<string> expectedCalls = [];
                ReferenceMatcher.Outcome expected = ReferenceMatcher.Match(drawn.Offers, drawn.Requests, Verdict, expectedCalls);
                List<string> calls = [];
                (MappingOfferList offers, MappingRequestList requests) = ReferenceMatcher.Build(drawn.Offers, drawn.Requests, Verdict, calls);
                VerdictLog log = default;
                MatchOutcome outcome = Matcher.Match(4096, offers, requests, ref log, importerIsDynamic: false);
                int recorded = log.Records.Length;
                log.Return();
                Assert.Equal(expected, new ReferenceMatcher.Outcome(outcome.Errno, outcome.Offer, outcome.Converted, outcome.Request));
                Assert.Equal(expectedCalls, calls);
                Assert.Equal(outcome.Errno == Errno.None ? calls.Count - 1 : calls.Count, recorded);
                agreed += outcome.Errno == Errno.None ? 1 : 0;
                converted += outcome is { Errno: Errno.None, Converted: >= 0 } ? 1 : 0;
                aborted += outcome.Errno is Errno.ENOMEM or Errno.ENODEV ? 1 : 0;
            },
            iter: 3000,
            threads: 1);
        Assert.True(agreed > 100 && converted > 20 && aborted > 20, $"the cases were too tame: {agreed} agreed, {converted} converted, {aborted} aborted");
    }

    [Fact]
    public void A_failing_attach_asks_each_pair_once_and_explaining_agrees_with_attaching()
    {
        int failed = 0;
        s_case.Sample(
            drawn =>
            {
                // Costs that are permitted, so that no remedy is looked for by a fresh negotiation.
                Request[] wanted = [.. drawn.Requests.Select(static request => request with { Ceiling = MappingCostRule.All })];
                int Verdict(string call) => drawn.Verdicts[Hash(call) % drawn.Verdicts.Length];
                List<string> calls = [];
                (MappingOfferList offers, MappingRequestList requests) = ReferenceMatcher.Build(drawn.Offers, wanted, Verdict, calls);
                using DmaBuffer buffer = Export(new FakeExporter(OfferSource.Computed(_ => offers)));
                bool attached = buffer.TryAttach(Importer, requests, out Attachment? attachment, out global::DmaBuf.Negotiation? failure);
                attachment?.Dispose();
                Assert.Equal(calls.Distinct().Count(), calls.Count);
                global::DmaBuf.Negotiation explained = buffer.Explain(Importer, requests);
                Assert.Equal(attached, explained.Succeeded);
                if (failure is not null)
                {
                    failed++;
                    Assert.Equal((failure.Errno, failure.Reason), (explained.Errno, explained.Reason));
                    Assert.Equal(failure.ToString(), explained.ToString());
                    Assert.Equal(
                        calls.Count / 2, failure.Pairs.Count(static pair => pair.Result is NegotiationPairResult.Declined or NegotiationPairResult.Aborted));
                }
            },
            iter: 500,
            threads: 1);
        Assert.True(failed > 50, $"only {failed} attaches failed");
    }

    private static int Hash(string call) => call.Aggregate(17, static (sum, letter) => ((sum * 31) + letter) & 0xFFFFFF);
}
