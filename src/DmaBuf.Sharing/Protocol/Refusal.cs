namespace DmaBuf.Sharing;

/// <summary>A refusal as it crossed: with the whole table if a negotiation failed.</summary>
internal static class Refusal
{
    /// <exception cref="DmaBufException">EPROTO: it is none in the agreed form.</exception>
    internal static DmaBufException Read(MessageMap body)
    {
        Errno errno = (Errno)body.Number(1, 4095);
        string reason = body.Text(2, ProtocolLimits.MaximumReasonBytes);
        if (errno == Errno.None)
        {
            throw ProtocolError.Of("a refusal came without an errno");
        }

        if (!body.Has(3))
        {
            return new DmaBufException(errno, $"The other process refused: {reason}");
        }

        Negotiation negotiation;
        try
        {
            negotiation = NegotiationJson.Read(body.Text(3, ProtocolLimits.MaximumTableBytes));
        }
        catch (DmaBufException unreadable) when (unreadable.Errno == Errno.EINVAL)
        {
            throw ProtocolError.Of("the table of a failed negotiation cannot be read", unreadable);
        }

        return negotiation.Errno == errno ? new NegotiationFailedException(negotiation) : throw ProtocolError.Of("the table of a failed negotiation has another errno");
    }
}
