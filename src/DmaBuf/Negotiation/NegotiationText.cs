using System.Globalization;
using System.Text;

namespace DmaBuf;

/// <summary>Writes a negotiation as the table that people read.</summary>
internal static class NegotiationText
{
    internal static string Write(Negotiation negotiation)
    {
        NegotiationParties parties = negotiation.Parties;
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"buffer '{parties.Buffer}' of {parties.Size} bytes: ");
        text.Append(CultureInfo.InvariantCulture, $"exporter '{parties.Exporter}', importer '{parties.Importer}'");
        for (int index = 0; index < negotiation.Offers.Count; index++)
        {
            NegotiationOffer offer = negotiation.Offers[index];
            text.Append(CultureInfo.InvariantCulture, $"\n  offer {index}: {Named(offer.Type, offer.Description)}");
            if (offer.ConvertibleTo.Count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $", convertible to {string.Join(", ", offer.ConvertibleTo)}");
            }
        }

        for (int index = 0; index < negotiation.Requests.Count; index++)
        {
            NegotiationRequest request = negotiation.Requests[index];
            text.Append(CultureInfo.InvariantCulture, $"\n  request {index}: {Named(request.Type, request.Description)}, costs up to {request.Ceiling}");
        }

        foreach (NegotiationPair pair in negotiation.Pairs)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  offer {pair.Offer} x request {pair.Request}{Converted(pair)}: {Result(pair)}");
        }

        text.Append('\n').Append(Outcome(negotiation));
        foreach (NegotiationRemedy remedy in negotiation.Remedies)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  would help: {remedy.Change} in request {remedy.Request}; ");
            text.Append(CultureInfo.InvariantCulture, $"then {remedy.Type} is agreed on, cost up to {remedy.Cost} (tried)");
        }

        if (negotiation.RemediesCutShort)
        {
            text.Append("\n  the search for what would help was cut short: there were more changes than could be tried");
        }

        return text.ToString();
    }

    private static string Named(string type, string description) => description.Length == 0 ? type : $"{type} ({description})";

    private static string Converted(NegotiationPair pair) => pair.ConvertedTo is null ? string.Empty : $" converted to {pair.ConvertedTo}";

    private static string Result(NegotiationPair pair) => pair.Result switch
    {
        NegotiationPairResult.DifferentType => "different types",
        NegotiationPairResult.Agreed => $"agreed, cost up to {pair.Cost}",
        NegotiationPairResult.WouldMatch => $"would match, cost up to {pair.Cost}",
        NegotiationPairResult.Declined when pair.Decline is { } decline =>
            $"declined for {decline.Property}: offered {decline.Offered}, wanted {decline.Wanted}",
        NegotiationPairResult.Aborted => $"aborted with {pair.Errno}: {pair.Reason}",
        _ => "not tried",
    };

    private static string Outcome(Negotiation negotiation)
    {
        if (negotiation.Agreed is not { } agreed)
        {
            return negotiation.Errno == Errno.None ? "no pair was agreed on" : $"refused with {negotiation.Errno}: {negotiation.Reason}";
        }

        string type = negotiation.Requests[agreed.Request].Type;
        string text = $"agreed on {type}, cost up to {agreed.Cost}";
        return negotiation.ImporterPreferred is { } preferred && preferred != agreed
            ? $"{text}; the importer would have preferred {negotiation.Requests[preferred.Request].Type} (the exporter's order decides)"
            : text;
    }
}
