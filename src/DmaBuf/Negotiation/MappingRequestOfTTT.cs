namespace DmaBuf;

/// <summary>
/// A request with its data; only the type itself looks inside. It knows its type's exact class, so that asking about a pair is one call and one
/// comparison of the offer's class, and none of it can fail: offers of a type are made by that type alone.
/// </summary>
internal sealed class MappingRequest<TOffer, TRequest, TAttachment>(MappingType<TOffer, TRequest, TAttachment> type, TRequest data, MappingCost ceiling)
    : MappingRequest<TAttachment>(type, ceiling)
    where TOffer : notnull
    where TRequest : notnull
    where TAttachment : Attachment
{
    private readonly MappingType<TOffer, TRequest, TAttachment> _type = type;

    internal TRequest Data { get; } = data;

    internal override MatchVerdict MatchWith(in MatchContext context, MappingOffer offer)
        => _type.Match(in context, ((MappingOffer<TOffer>)offer).Data, Data);

    internal override Attachment FinishWith(in FinishContext context, MappingOffer offer)
        => _type.FinishMatch(in context, ((MappingOffer<TOffer>)offer).Data, Data);

    internal override MappingRequest WithCeiling(MappingCost ceiling) => new MappingRequest<TOffer, TRequest, TAttachment>(_type, Data, ceiling);
}
