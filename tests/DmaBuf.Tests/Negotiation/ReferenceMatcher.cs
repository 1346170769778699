using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Negotiation;

/// <summary>The matcher in twenty lines, written from spec 3.1 and the converters' rule, against which the real one is held.</summary>
internal static class ReferenceMatcher
{
    internal sealed record Offer(int Type, MappingCost Cost, Offer[] Converted);

    internal sealed record Request(int Type, MappingCost Ceiling);

    internal readonly record struct Outcome(Errno Errno, int OfferIndex, int Conversion, int RequestIndex);

    internal static Outcome Match(Offer[] offers, Request[] requests, Func<string, int> verdict, List<string> calls)
    {
        foreach (bool converting in new[] { false, true })
        {
            for (int o = 0; o < offers.Length; o++)
            {
                Offer[] candidates = converting ? offers[o].Converted : [offers[o]];
                for (int c = 0; c < candidates.Length; c++)
                {
                    for (int r = 0; r < requests.Length; r++)
                    {
                        if (candidates[c].Type == requests[r].Type)
                        {
                            string call = Name(o, converting ? c : -1) + ">" + Name(r);
                            calls.Add(call);
                            int said = verdict(call);
                            if (said > 0)
                            {
                                return new Outcome((Errno)said, o, converting ? c : -1, r);
                            }

                            if (said == 0 && (candidates[c].Cost & ~requests[r].Ceiling) == 0)
                            {
                                return new Outcome(Errno.None, o, converting ? c : -1, r);
                            }
                        }
                    }
                }
            }
        }

        return new Outcome(Errno.EINVAL, -1, -1, -1);
    }

    internal static string Name(int offer, int conversion) => conversion < 0 ? $"o{offer}" : $"o{offer}.{conversion}";

    internal static string Name(int request) => $"r{request}";

    /// <summary>Builds the real lists of the same case; every call of Match is recorded in order.</summary>
    internal static (MappingOfferList Offers, MappingRequestList Requests) Build(
        Offer[] offers, Request[] requests, Func<string, int> verdict, List<string> calls)
    {
        FakeType[] types = [new("A"), new("B"), new("C")];
        MappingOffer Make(Offer offer, int index, int conversion)
        {
            string data = Name(index, conversion);
            for (int r = 0; r < requests.Length; r++)
            {
                string call = $"{data}>{Name(r)}";
                types[offer.Type].Answer(data, Name(r), (in MatchContext context) =>
                {
                    calls.Add(call);
                    int said = verdict(call);
                    return said == 0 ? context.Accept(offer.Cost) : said < 0 ? context.Decline("mood", 1, 2) : context.Abort((Errno)said, "programmed");
                });
            }

            return types[offer.Type].OfferConvertible(data, [.. offer.Converted.Select((converted, at) => Make(converted, index, at))]);
        }

        return (
            MappingOfferList.Create([.. offers.Select((offer, index) => Make(offer, index, -1))]),
            MappingRequestList.Create([.. requests.Select((request, index) => types[request.Type].Request(Name(index), request.Ceiling))]));
    }
}
