namespace DmaBuf;

/// <summary>Exporter and importer did not agree. The message is the whole two-sided table; <see cref="Negotiation"/> holds it as data.</summary>
public sealed class NegotiationFailedException : DmaBufException
{
    /// <summary>Makes the exception of a negotiation that failed here, or in another process whose table was sent.</summary>
    /// <param name="negotiation">One that failed.</param>
    public NegotiationFailedException(Negotiation negotiation)
        : base((negotiation ?? throw new ArgumentNullException(nameof(negotiation))).Errno, $"Attaching '{negotiation.Parties.Importer}' to '{negotiation.Parties.Buffer}' of '{negotiation.Parties.Exporter}' failed.\n{negotiation}")
        => Negotiation = negotiation;

    /// <summary>What both parties said, pair by pair.</summary>
    public Negotiation Negotiation { get; }
}
