namespace DmaBuf;

/// <summary>A request whose attachment type is known, so that attaching with it alone returns that attachment at compile time.</summary>
/// <typeparam name="TAttachment">The attachment that this request makes.</typeparam>
/// <remarks>Immutable, safe for all threads.</remarks>
public abstract class MappingRequest<TAttachment> : MappingRequest
    where TAttachment : Attachment
{
    private protected MappingRequest(MappingType type, MappingCost ceiling)
        : base(type, ceiling) => AsList = MappingRequestList.Create([this]);

    /// <summary>This request alone as a list, made once, so that attaching with one typed request allocates no list.</summary>
    internal MappingRequestList AsList { get; }
}
