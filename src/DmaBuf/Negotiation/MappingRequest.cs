namespace DmaBuf;

/// <summary>
/// One element of the importer's ordered list (the importer's <c>dma_buf_mapping_match</c>): a mapping type, what the importer can accept, and the
/// costs it permits. Made only by the type's own factories.
/// </summary>
/// <remarks>Immutable, safe for all threads, reusable for any number of attaches.</remarks>
public abstract class MappingRequest
{
    private protected MappingRequest(MappingType type, MappingCost ceiling)
    {
        Type = type;
        Ceiling = ceiling;
    }

    /// <summary>The type that is wanted.</summary>
    public MappingType Type { get; }

    /// <summary>The costs that this request permits; an offer that costs more is declined with the property <c>cost</c>.</summary>
    public MappingCost Ceiling { get; }

    /// <summary>The type's own words for it, as tables show them; may be empty.</summary>
    public string Description => Type.DescribeRequestPair(this);

    /// <summary>Asks the type about this request and an offer of the same type.</summary>
    internal abstract MatchVerdict MatchWith(in MatchContext context, MappingOffer offer);

    /// <summary>Lets the type make the attachment of this request and an offer of the same type.</summary>
    internal abstract Attachment FinishWith(in FinishContext context, MappingOffer offer);

    internal abstract MappingRequest WithCeiling(MappingCost ceiling);

    /// <summary>The type and its own description, for tables and traces.</summary>
    public sealed override string ToString()
    {
        string text = Type.DescribeRequestPair(this);
        return text.Length == 0 ? Type.Name : $"{Type.Name} ({text})";
    }
}
