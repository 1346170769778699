using System.Collections;
using System.Runtime.CompilerServices;

namespace DmaBuf;

/// <summary>The importer's requests in its order of preference; that order decides only between requests for the same offer.</summary>
/// <remarks>Immutable; make it once and keep it.</remarks>
[CollectionBuilder(typeof(MappingRequestList), nameof(Create))]
public sealed class MappingRequestList : IReadOnlyList<MappingRequest>
{
    /// <summary>More than anybody means; a longer list is a mistake.</summary>
    internal const int MaximumCount = 1024;

    internal readonly MappingRequest[] Items;
    internal readonly int[] Ids;
    internal readonly TypeMask Mask;

    private MappingRequestList(MappingRequest[] items)
    {
        Items = items;
        Ids = new int[items.Length];
        for (int index = 0; index < items.Length; index++)
        {
            Ids[index] = items[index].Type.Id;
            Mask = Mask.With(items[index].Type);
        }
    }

    /// <summary>The list without requests: attaching with it is EINVAL.</summary>
    public static MappingRequestList Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => Items.Length;

    /// <inheritdoc/>
    public MappingRequest this[int index] => Items[index];

    /// <summary>Makes a list; the same type may stand in it several times with different data.</summary>
    /// <exception cref="ArgumentNullException">An element is null.</exception>
    /// <exception cref="ArgumentException">More than 1024 elements.</exception>
    public static MappingRequestList Create(params ReadOnlySpan<MappingRequest> requests)
    {
        if (requests.Length > MaximumCount)
        {
            throw new ArgumentException($"A list holds at most {MaximumCount} requests; {requests.Length} were given.", nameof(requests));
        }

        foreach (MappingRequest request in requests)
        {
            ArgumentNullException.ThrowIfNull(request, nameof(requests));
        }

        return requests.IsEmpty && Empty is not null ? Empty : new MappingRequestList(requests.ToArray());
    }

    /// <inheritdoc/>
    public IEnumerator<MappingRequest> GetEnumerator() => ((IEnumerable<MappingRequest>)Items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => Items.GetEnumerator();
}
