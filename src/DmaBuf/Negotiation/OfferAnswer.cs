using System.Diagnostics.CodeAnalysis;

namespace DmaBuf;

/// <summary>What a computed offer source returns: a list of offers, or a refusal that reaches the caller of attach unchanged.</summary>
/// <remarks>An immutable value, safe for all threads.</remarks>
public readonly struct OfferAnswer
{
    private OfferAnswer(MappingOfferList? offers, Errno errno, string? reason)
    {
        Offers = offers;
        Errno = errno;
        Reason = reason;
    }

    internal MappingOfferList? Offers { get; }

    internal Errno Errno { get; }

    internal string? Reason { get; }

    /// <summary>These offers, in this order.</summary>
    [SuppressMessage("Usage", "CA2225", Justification = "The named alternate is FromOffers.")]
    public static implicit operator OfferAnswer(MappingOfferList offers) => FromOffers(offers);

    /// <summary>These offers, in this order; an empty list means that nothing is in common (EINVAL).</summary>
    public static OfferAnswer FromOffers(MappingOfferList offers)
    {
        ArgumentNullException.ThrowIfNull(offers);
        return new OfferAnswer(offers, Errno.None, null);
    }

    /// <summary>Nobody may attach now; the errno reaches the caller as it is.</summary>
    /// <param name="errno">The error; not <see cref="Errno.None"/>.</param>
    /// <param name="reason">A clause for people.</param>
    public static OfferAnswer Refuse(Errno errno, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return errno == Errno.None
            ? throw new ArgumentException("A refusal needs an errno; to let the importer attach, return offers.", nameof(errno))
            : new OfferAnswer(null, errno, reason);
    }
}
