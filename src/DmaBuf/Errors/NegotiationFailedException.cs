namespace DmaBuf;

/// <summary>Exporter and importer did not agree. The message is the whole two-sided table; <see cref="Negotiation"/> holds it as data.</summary>
public sealed class NegotiationFailedException : DmaBufException
{
    internal NegotiationFailedException(Negotiation negotiation)
        : base(negotiation.Errno, $"Attaching '{negotiation.Parties.Importer}' to '{negotiation.Parties.Buffer}' of '{negotiation.Parties.Exporter}' failed.\n{negotiation}")
        => Negotiation = negotiation;

    /// <summary>What both parties said, pair by pair.</summary>
    public Negotiation Negotiation { get; }
}
