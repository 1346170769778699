using System.Collections;
using System.Runtime.CompilerServices;

namespace DmaBuf;

/// <summary>The exporter's offers in its order of preference; the most specific or most capable first.</summary>
/// <remarks>Immutable; make it once and keep it. Carries the types' mask and packed ids, so that lists with nothing in common are told apart at once.</remarks>
[CollectionBuilder(typeof(MappingOfferList), nameof(Create))]
public sealed class MappingOfferList : IReadOnlyList<MappingOffer>
{
    /// <summary>More than anybody means; a longer list is a mistake.</summary>
    internal const int MaximumCount = 1024;

    internal readonly MappingOffer[] Items;
    internal readonly int[] Ids;
    internal readonly TypeMask Mask;
    internal readonly TypeMask ConvertedMask;
    internal readonly bool HasConversions;

    private MappingOfferList(MappingOffer[] items)
    {
        Items = items;
        Ids = new int[items.Length];
        for (int index = 0; index < items.Length; index++)
        {
            Ids[index] = items[index].Type.Id;
            Mask = Mask.With(items[index].Type);
            foreach (MappingOffer converted in items[index].Converted)
            {
                ConvertedMask = ConvertedMask.With(converted.Type);
                HasConversions = true;
            }
        }
    }

    /// <summary>The list without offers: nothing can match it.</summary>
    public static MappingOfferList Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => Items.Length;

    /// <inheritdoc/>
    public MappingOffer this[int index] => Items[index];

    /// <summary>Makes a list; the same type may stand in it several times.</summary>
    /// <exception cref="ArgumentNullException">An element is null.</exception>
    /// <exception cref="ArgumentException">More than 1024 elements.</exception>
    public static MappingOfferList Create(params ReadOnlySpan<MappingOffer> offers)
    {
        if (offers.Length > MaximumCount)
        {
            throw new ArgumentException($"A list holds at most {MaximumCount} offers; {offers.Length} were given.", nameof(offers));
        }

        foreach (MappingOffer offer in offers)
        {
            ArgumentNullException.ThrowIfNull(offer, nameof(offers));
        }

        return offers.IsEmpty && Empty is not null ? Empty : new MappingOfferList(offers.ToArray());
    }

    /// <inheritdoc/>
    public IEnumerator<MappingOffer> GetEnumerator() => ((IEnumerable<MappingOffer>)Items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => Items.GetEnumerator();
}
