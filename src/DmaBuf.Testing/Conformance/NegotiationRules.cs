using static DmaBuf.Testing.ConformanceBench;
using static DmaBuf.Testing.ConformanceImporters;

namespace DmaBuf.Testing;

/// <summary>Rules of negotiation and of the attachment that it makes.</summary>
internal static class NegotiationRules
{
    internal static IReadOnlyList<ConformanceRule> All { get; } =
    [
        new("MatchIsPure", "Match gives the same verdict on the same pair every time.", Each, static bench =>
        {
            using DmaBuffer buffer = bench.Export();
            MappingRequest[] requests = [bench.Subject.AcceptedRequest(), .. Declined(bench)];
            foreach (MappingRequest request in requests)
            {
                string first = buffer.Explain(bench.Importer, [request]).ToString();
                Expect(buffer.Explain(bench.Importer, [request]).ToString() == first, "a second explanation differs");
            }
        }),
        new("MatchTakesNoLock", "Offers and verdicts are given while another thread holds the reservation lock.", Each, static bench =>
        {
            using DmaBuffer buffer = bench.Export();
            MappingRequest request = bench.Subject.AcceptedRequest();
            Task<Negotiation> other;
            bool answered;
            using (buffer.Reservation.Lock())
            {
                other = Task.Run(() => buffer.Explain(bench.Importer, [request]));
                answered = Task.WaitAny([other], bench.Subject.Patience) == 0;
            }

            other.GetAwaiter().GetResult();
            Expect(answered, "the negotiation waited for the reservation lock");
        }),
        new("DeclineLeavesNothing", "A request that does not fit is declined, and no attachment is left.", Each, static bench =>
            WithDeclined(bench, static (buffer, attached, _) =>
            {
                Expect(!attached, "the request that does not fit was accepted");
                Expect(buffer.AttachmentCount == 0, "an attachment was left");
            })),
        new("DeclineNamesProperty", "A decline names the property that did not fit.", Each, static bench =>
            WithDeclined(bench, static (_, _, failure) => Expect(
                failure?.Pairs.Any(static pair => pair.Decline is { Property.Length: > 0 }) ?? false, "no pair names a property"))),
        new("DescriptionsAreOneLine", "Offers and requests describe themselves in one line.", Each, static bench =>
        {
            using DmaBuffer buffer = bench.Export();
            Negotiation negotiation = buffer.Explain(bench.Importer, [bench.Subject.AcceptedRequest()]);
            IEnumerable<string> texts = negotiation.Offers.Select(static offer => offer.Description)
                .Concat(negotiation.Requests.Select(static request => request.Description));
            Expect(
                texts.All(static text => text is not null && !text.Contains('\n', StringComparison.Ordinal)), "a description is missing or has several lines");
        }),
        new("AttachIsFresh", "Every attach makes a new attachment.", Each, static bench =>
        {
            using DmaBuffer buffer = bench.Export();
            using Attachment first = bench.Attach(buffer);
            using Attachment second = bench.Attach(buffer);
            Expect(!ReferenceEquals(first, second), "the same attachment came twice");
        }),
        new("FinishAcquiresNothing", "An attach that is refused after FinishMatch leaves nothing, because nobody undoes FinishMatch.", Each, static bench =>
        {
            using DmaBuffer buffer = bench.Export();
            bench.Revoke(buffer, TimeSpan.Zero);
            ExpectErrno(Errno.ENODEV, () => bench.Attach(buffer));
        }),
        new("AttachmentDescribesItself", "An attachment's line in a dump is one line, and describing it throws nothing.", Each, static bench =>
            bench.WithAttachment(attachment =>
            {
                string[] lines = attachment.Buffer.Registry.Dump().Split('\n');
                int line = Array.FindIndex(lines, one => one.StartsWith($"\t{attachment.Type.Name}:", StringComparison.Ordinal));
                Expect(line >= 0, "the dump does not show the attachment");
                Expect(lines[line + 1].StartsWith("Total ", StringComparison.Ordinal), "the attachment describes itself in several lines");
            })),
    ];

    private static IEnumerable<MappingRequest> Declined(ConformanceBench bench) => bench.Subject.DeclinedRequest() is { } declined ? [declined] : [];

    private static void WithDeclined(ConformanceBench bench, Action<DmaBuffer, bool, Negotiation?> check)
    {
        using DmaBuffer buffer = bench.Export();
        if (bench.Subject.DeclinedRequest() is not { } declined)
        {
            bench.Excuse = "the subject has no request that is declined";
            return;
        }

        bool attached = buffer.TryAttach(bench.Importer, [declined], out Attachment? attachment, out Negotiation? failure);
        attachment?.Dispose();
        check(buffer, attached, failure);
    }
}
