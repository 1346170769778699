namespace DmaBuf;

/// <summary>A request with its data; only the type itself looks inside.</summary>
internal sealed class MappingRequest<TRequest, TAttachment>(MappingType type, TRequest data, MappingCost ceiling)
    : MappingRequest<TAttachment>(type, ceiling)
    where TAttachment : Attachment
{
    internal TRequest Data { get; } = data;

    internal override MappingRequest WithCeiling(MappingCost ceiling) => new MappingRequest<TRequest, TAttachment>(Type, Data, ceiling);
}
