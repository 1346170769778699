using System.Diagnostics.CodeAnalysis;

namespace DmaBuf;

/// <summary>
/// Base of every mapping type: says what an offer and a request of this kind contain, when they match, and what the attachment is that they make.
/// </summary>
/// <typeparam name="TOffer">The exporter's side: its operations for this type and its limits. Immutable.</typeparam>
/// <typeparam name="TRequest">The importer's side: what it can accept. Immutable.</typeparam>
/// <typeparam name="TAttachment">The typed attachment on which map and unmap live, with this type's own signatures.</typeparam>
/// <remarks>
/// <para>
/// Make one static instance and publish named factories that call <see cref="CreateOffer(TOffer)"/> and <see cref="CreateRequest"/>: offers and requests can be
/// made in no other way, so that no cast between types can fail.
/// </para>
/// <para>
/// <see cref="Match"/> is <b>pure</b>: no lock, no I/O, no state, no reference kept. It may be called for an explanation alone.
/// <see cref="FinishMatch"/> makes the attachment and acquires nothing: nobody undoes it when a later step of attaching fails.
/// </para>
/// </remarks>
public abstract class MappingType<TOffer, TRequest, TAttachment> : MappingType
    where TOffer : notnull
    where TRequest : notnull
    where TAttachment : Attachment
{
    /// <summary>Makes the type; once a process, kept in a static field.</summary>
    /// <param name="name">The name for people and codecs; not blank.</param>
    /// <param name="version">The version of the type's data, from 1.</param>
    protected MappingType(string name, int version)
        : base(name, version)
    {
    }

    /// <summary>Makes an offer of this type; the type's own public factories call it.</summary>
    protected MappingOffer CreateOffer(TOffer offer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        return new MappingOffer<TOffer>(this, offer, []);
    }

    /// <summary>Makes an offer that named converters may also serve as other types (design: Converters).</summary>
    /// <param name="offer">The data.</param>
    /// <param name="converted">The offers that converters made of it, in order of preference; of other types, themselves without conversions.</param>
    /// <exception cref="ArgumentException">
    /// A converted offer has this type, or conversions of its own (chains are forbidden); or there are more than 1024.
    /// </exception>
    protected MappingOffer CreateOffer(TOffer offer, params ReadOnlySpan<MappingOffer> converted)
    {
        ArgumentNullException.ThrowIfNull(offer);
        if (converted.Length > MappingOffer.MaximumConversions)
        {
            throw new ArgumentException(
                $"An offer of '{this}' has at most {MappingOffer.MaximumConversions} conversions; {converted.Length} were given.", nameof(converted));
        }

        foreach (MappingOffer other in converted)
        {
            ArgumentNullException.ThrowIfNull(other, nameof(converted));
            if (other.Type == this || other.Converted.Length != 0)
            {
                throw new ArgumentException($"A conversion of '{this}' must lead to another type in one step; '{other.Type}' does not.", nameof(converted));
            }
        }

        return new MappingOffer<TOffer>(this, offer, converted.ToArray());
    }

    /// <summary>Makes a request of this type; the type's own public factories call it.</summary>
    /// <param name="request">The data.</param>
    /// <param name="ceiling">The costs that the importer permits; others decline the pair.</param>
    /// <exception cref="DmaBufException">EINVAL: the ceiling has a flag without a name.</exception>
    protected MappingRequest<TAttachment> CreateRequest(TRequest request, MappingCost ceiling = MappingCost.Default)
    {
        ArgumentNullException.ThrowIfNull(request);
        MappingCostRule.Require(ceiling, $"A request for '{this}'");
        return new MappingRequest<TOffer, TRequest, TAttachment>(this, request, ceiling);
    }

    /// <summary>The exporter's data in an offer, for the type's codec; false if the offer is of another type, whose data nobody but that type may see.</summary>
    protected bool TryGetOffer(MappingOffer offer, [MaybeNullWhen(false)] out TOffer data)
    {
        ArgumentNullException.ThrowIfNull(offer);
        bool mine = offer.Type == this;
        data = mine ? ((MappingOffer<TOffer>)offer).Data : default;
        return mine;
    }

    /// <summary>The importer's data in a request, for the type's codec; false if the request is of another type.</summary>
    protected bool TryGetRequest(MappingRequest request, [MaybeNullWhen(false)] out TRequest data)
    {
        ArgumentNullException.ThrowIfNull(request);
        bool mine = request.Type == this;
        data = mine ? ((MappingRequest<TOffer, TRequest, TAttachment>)request).Data : default;
        return mine;
    }

    /// <summary>
    /// Decides one pair (<c>match</c>). Pure; called without the reservation lock, once for each pair of this type that is tried. The default accepts.
    /// </summary>
    /// <param name="context">Makes the verdict.</param>
    /// <param name="offer">The exporter's side.</param>
    /// <param name="request">The importer's side.</param>
    protected internal virtual MatchVerdict Match(in MatchContext context, TOffer offer, TRequest request) => context.Accept(MappingCost.None);

    /// <summary>Makes the attachment for the pair that was chosen (<c>finish_match</c>): a new object each time, nothing else acquired, cannot fail.</summary>
    protected internal abstract TAttachment FinishMatch(in FinishContext context, TOffer offer, TRequest request);

    /// <summary>The offer in a few words for tables, dumps and traces; it must not reveal addresses or operations.</summary>
    protected internal virtual string DescribeOffer(TOffer offer) => string.Empty;

    /// <summary>The request in a few words for tables, dumps and traces.</summary>
    protected internal virtual string DescribeRequest(TRequest request) => string.Empty;

    /// <summary>
    /// Single changes to a declined request that may help. The core tries each in a fresh negotiation and shows only those that were accepted.
    /// The default knows none; a cost beyond the ceiling is relaxed by the core itself. A description stands for its change: of several with one
    /// description for one request the first is tried. A search over long lists stops early and says so (<see cref="Negotiation.RemediesCutShort"/>).
    /// </summary>
    protected internal virtual IEnumerable<Relaxation<TRequest>> Relax(TRequest request, MatchDecline decline) => [];

    internal sealed override string DescribeOfferPair(MappingOffer offer) => DescribeOffer(((MappingOffer<TOffer>)offer).Data);

    internal sealed override string DescribeRequestPair(MappingRequest request)
        => DescribeRequest(((MappingRequest<TOffer, TRequest, TAttachment>)request).Data);

    internal sealed override IEnumerable<RelaxedRequest> RelaxPair(MappingRequest request, MatchDecline decline)
    {
        foreach (Relaxation<TRequest> relaxation in Relax(((MappingRequest<TOffer, TRequest, TAttachment>)request).Data, decline))
        {
            yield return new RelaxedRequest(relaxation.Description, CreateRequest(relaxation.Request, request.Ceiling), relaxation.AsDynamicImporter);
        }
    }
}
