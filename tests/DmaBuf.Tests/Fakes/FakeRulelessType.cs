namespace DmaBuf.Tests.Fakes;

/// <summary>A type without a match rule: it always accepts its own kind.</summary>
internal sealed class FakeRulelessType() : MappingType<string, string, FakeAttachment>("ruleless", 1)
{
    internal List<(string Offer, string Request)> FinishCalls { get; } = [];

    internal MappingOffer Offer(string data = "offer") => CreateOffer(data);

    internal MappingRequest<FakeAttachment> Request(string data = "request") => CreateRequest(data);

    protected internal override FakeAttachment FinishMatch(in FinishContext context, string offer, string request)
    {
        lock (FinishCalls)
        {
            FinishCalls.Add((offer, request));
        }

        return new FakeAttachment(in context);
    }
}
