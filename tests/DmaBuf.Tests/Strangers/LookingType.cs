namespace DmaBuf.Tests.Strangers;

/// <summary>A type that looks into offers and requests, as the author of a codec needs it.</summary>
internal sealed class LookingType() : MappingType<string, string, Attachment>("Looking", 1)
{
    internal MappingOffer Offer(string data) => CreateOffer(data);

    internal MappingRequest Request(string data) => CreateRequest(data);

    internal (string? Offer, string? Request) Look(MappingOffer offer, MappingRequest request)
        => (TryGetOffer(offer, out string? offered) ? offered : null, TryGetRequest(request, out string? wanted) ? wanted : null);

    protected internal override Attachment FinishMatch(in FinishContext context, string offer, string request) => throw new NotSupportedException();
}
