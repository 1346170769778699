namespace DmaBuf;

/// <summary>
/// Handed to <c>FinishMatch</c>: the only thing from which an <see cref="Attachment"/> can be made. One context makes exactly one attachment.
/// </summary>
/// <remarks>Stays on the stack of one thread, for the call that it is lent to.</remarks>
public readonly ref struct FinishContext
{
    private readonly ref int _made;

    internal FinishContext(DmaBuffer buffer, DmaBufferImporter importer, MappingOffer offer, in MatchOutcome outcome, ref int made)
    {
        Buffer = buffer;
        Importer = importer;
        Offer = offer;
        Outcome = outcome;
        _made = ref made;
    }

    /// <summary>The buffer that is attached to.</summary>
    public DmaBuffer Buffer { get; }

    /// <summary>The importer that attaches.</summary>
    public DmaBufferImporter Importer { get; }

    /// <summary>The upper bound of the cost that was agreed on.</summary>
    public MappingCost CostBound => Outcome.Cost;

    internal MappingOffer Offer { get; }

    internal MatchOutcome Outcome { get; }

    /// <summary>Counts the attachment that is being made of this context; the second one is refused.</summary>
    internal void CountMade()
    {
        if (Buffer is null)
        {
            throw new InvalidOperationException("An attachment is made only in FinishMatch, from the context that the core hands to it.");
        }

        if (_made != 0)
        {
            throw new InvalidOperationException($"FinishMatch of '{Offer.Type}' made two attachments; it must make exactly one.");
        }

        _made = 1;
    }
}
