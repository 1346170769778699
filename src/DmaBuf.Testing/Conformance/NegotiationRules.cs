namespace DmaBuf.Testing;

/// <summary>Rules of negotiation.</summary>
internal static class NegotiationRules
{
    internal static IReadOnlyList<ConformanceRule> All { get; } =
    [
        new("Match gives the same verdict every time", static bench =>
        {
            using DmaBuffer buffer = bench.Export();
            MappingRequest[] requests = [bench.Subject.AcceptedRequest(), .. Declined(bench)];
            foreach (MappingRequest request in requests)
            {
                string first = buffer.Explain(bench.Importer, [request]).ToString();
                ConformanceBench.Expect(buffer.Explain(bench.Importer, [request]).ToString() == first, "a second explanation differs");
            }
        }),
        new("Match takes no lock: it works while another thread holds the reservation", static bench =>
        {
            using DmaBuffer buffer = bench.Export();
            MappingRequest request = bench.Subject.AcceptedRequest();
            using (buffer.Reservation.Lock())
            {
                Task<Negotiation> other = Task.Run(() => buffer.Explain(bench.Importer, [request]));
                ConformanceBench.Expect(Task.WaitAny([other], TimeSpan.FromSeconds(10)) == 0, "Match waited for the reservation lock");
            }
        }),
        new("An accepted request attaches, a declined one does not and leaves nothing", static bench =>
        {
            using DmaBuffer buffer = bench.Export();
            bench.Attach(buffer).Detach();
            foreach (MappingRequest declined in Declined(bench))
            {
                bool attached = buffer.TryAttach(bench.Importer, [declined], out Attachment? attachment, out Negotiation? failure);
                attachment?.Dispose();
                ConformanceBench.Expect(!attached, "the declined request was accepted");
                ConformanceBench.Expect(
                    failure!.Pairs.Any(static pair => pair.Decline is { Property.Length: > 0 }), "the decline names no property");
                ConformanceBench.Expect(buffer.AttachmentCount == 0, "an attachment was left");
            }
        }),
        new("Every attach makes a new attachment", static bench =>
        {
            using DmaBuffer buffer = bench.Export();
            using Attachment first = bench.Attach(buffer);
            using Attachment second = bench.Attach(buffer);
            ConformanceBench.Expect(!ReferenceEquals(first, second), "the same attachment came twice");
        }),
        new("Offers and requests describe themselves in one line", static bench =>
        {
            using DmaBuffer buffer = bench.Export();
            Negotiation negotiation = buffer.Explain(bench.Importer, [bench.Subject.AcceptedRequest()]);
            IEnumerable<string> texts = negotiation.Offers.Select(static offer => offer.Description)
                .Concat(negotiation.Requests.Select(static request => request.Description));
            ConformanceBench.Expect(texts.All(static text => text is not null && !text.Contains('\n', StringComparison.Ordinal)), "a description has several lines");
        }),
    ];

    private static IEnumerable<MappingRequest> Declined(ConformanceBench bench) => bench.Subject.DeclinedRequest() is { } declined ? [declined] : [];
}
