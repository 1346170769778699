namespace DmaBuf;

/// <summary>
/// One element of the exporter's ordered list (the exporter's <c>dma_buf_mapping_match</c>): a mapping type, the exporter's operations for it and its
/// limits. Made only by the type's own factories; opaque to everybody but its type.
/// </summary>
/// <remarks>Immutable. An offer carries the exporter's operations, so the framework never hands it out again.</remarks>
public abstract class MappingOffer
{
    /// <summary>More than anybody means; a longer list is a mistake. A pair's place keeps the index in 16 bits.</summary>
    internal const int MaximumConversions = 1024;

    private protected MappingOffer(MappingType type, MappingOffer[] converted)
    {
        Type = type;
        Converted = converted;
    }

    /// <summary>The type that is offered.</summary>
    public MappingType Type { get; }

    /// <summary>What converters make of this offer; tried after every direct pair of every offer has softly declined.</summary>
    internal MappingOffer[] Converted { get; }

    /// <summary>The type and its own description, for tables and traces.</summary>
    public sealed override string ToString()
    {
        string text = Type.DescribeOfferPair(this);
        return text.Length == 0 ? Type.Name : $"{Type.Name} ({text})";
    }
}
