namespace DmaBuf.Tool;

/// <summary>Why a negotiation failed, in one line: party, property and both values.</summary>
internal static class MatrixReason
{
    internal static string Of(string exporter, string importer, Negotiation negotiation)
    {
        if (negotiation.Pairs.FirstOrDefault(static pair => pair.Decline is not null)?.Decline is { } decline)
        {
            return $"{decline.Property}: {exporter} offers {OneLine(decline.Offered)}, {importer} wants {OneLine(decline.Wanted)}";
        }

        if (negotiation.Offers.Count == 0)
        {
            // The exporter refused this importer, or everybody, in its own words.
            return Of(negotiation.Errno, negotiation.Reason ?? "no reason was given");
        }

        string offered = string.Join(", ", negotiation.Offers.SelectMany(static offer => offer.ConvertibleTo.Prepend(offer.Type)).Distinct());
        string wanted = string.Join(", ", negotiation.Requests.Select(static request => request.Type).Distinct());
        return $"mapping type: {exporter} offers {offered}, {importer} wants {wanted}";
    }

    /// <summary>One line that names the errno once; messages of exceptions name it themselves, at their end.</summary>
    internal static string Of(Errno errno, string text) => text.EndsWith($"[{errno}]", StringComparison.Ordinal) ? OneLine(text) : $"{errno}: {OneLine(text)}";

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
