namespace DmaBuf;

/// <summary>
/// Where an exporter's offers come from: exactly one of a constant offer (<c>single_exporter_match</c>) and a function (<c>match_mapping</c>). A
/// closed choice, so that "both" and "neither" cannot be expressed.
/// </summary>
/// <remarks>Immutable.</remarks>
public sealed class OfferSource
{
    private readonly MappingOfferList? _constant;
    private readonly Func<DmaBuffer, OfferAnswer>? _compute;

    private OfferSource(MappingOfferList? constant, Func<DmaBuffer, OfferAnswer>? compute)
    {
        _constant = constant;
        _compute = compute;
    }

    /// <summary>One offer for everybody and for ever.</summary>
    public static OfferSource Single(MappingOffer offer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        return new OfferSource([offer], null);
    }

    /// <summary>
    /// Offers that depend on the buffer's present state. The function is called once an attach (or explanation), without the reservation lock: what it
    /// reads of mutable state needs protection of its own. It returns offers, or <see cref="OfferAnswer.Refuse"/>.
    /// </summary>
    public static OfferSource Computed(Func<DmaBuffer, OfferAnswer> compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        return new OfferSource(null, compute);
    }

    internal OfferAnswer OffersFor(DmaBuffer buffer) => _constant is not null ? _constant : _compute!(buffer);
}
