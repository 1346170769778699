using System.Text.Json;

namespace DmaBuf;

/// <summary>
/// Reads one JSON object of a described negotiation, member by member. Every failure is EINVAL and names the place, for example <c>exporter.offers[1].access</c>;
/// a member that nobody asked for is a failure too, because in a file that people write it is a spelling mistake.
/// </summary>
/// <remarks>Borrowed for the call that it is given to; for one thread.</remarks>
public sealed class NegotiationFacts
{
    private readonly JsonElement _object;
    private readonly HashSet<string> _asked = [];

    internal NegotiationFacts(JsonElement element, string place)
    {
        Place = place;
        _object = element.ValueKind == JsonValueKind.Object ? element : throw Bad(place, "an object in braces", element);
    }

    /// <summary>Where the object stands in the description; empty for the outermost one.</summary>
    public string Place { get; }

    /// <summary>True if the member is there and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>A text that must be there.</summary>
    /// <exception cref="DmaBufException">EINVAL: missing, or no text.</exception>
    public string GetText(string name) => TryGetText(name) ?? throw Missing(name, "a text");

    /// <summary>A text; null if it is missing or null.</summary>
    /// <exception cref="DmaBufException">EINVAL: no text.</exception>
    public string? TryGetText(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? Text(value, name) : throw Bad(At(name), "a text in quotes", value);

    /// <summary>A whole number from 0 that must be there.</summary>
    /// <exception cref="DmaBufException">EINVAL: missing, negative, a fraction or beyond 64 bits.</exception>
    public ulong GetNumber(string name) => Find(name) is { } value ? Number(value, name) : throw Missing(name, "a whole number");

    /// <summary>A whole number from 0.</summary>
    /// <param name="name">The member.</param>
    /// <param name="missing">What it is if it is missing.</param>
    /// <exception cref="DmaBufException">EINVAL: negative, a fraction or beyond 64 bits.</exception>
    public ulong GetNumber(string name, ulong missing) => Find(name) is { } value ? Number(value, name) : missing;

    /// <summary>A truth value.</summary>
    /// <param name="name">The member.</param>
    /// <param name="missing">What it is if it is missing.</param>
    /// <exception cref="DmaBufException">EINVAL: neither true nor false.</exception>
    public bool GetTruth(string name, bool missing) => Find(name) is not { } value ? missing
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Bad(At(name), "true or false", value);

    /// <summary>One of an enumeration's names.</summary>
    /// <param name="name">The member.</param>
    /// <param name="missing">What it is if it is missing.</param>
    /// <exception cref="DmaBufException">EINVAL: no such name; the message lists them.</exception>
    public T GetChoice<T>(string name, T missing)
        where T : struct, Enum
        => Find(name) is { } value ? NegotiationNames.ReadOne<T>(value, At(name)) : missing;

    /// <summary>A set of flags: an array of names, or a single name.</summary>
    /// <param name="name">The member.</param>
    /// <param name="missing">What it is if it is missing.</param>
    /// <exception cref="DmaBufException">EINVAL: no such name; the message lists them.</exception>
    public T GetFlags<T>(string name, T missing)
        where T : struct, Enum
        => Find(name) is { } value ? NegotiationNames.ReadFlags<T>(value, At(name)) : missing;

    /// <summary>An object; null if it is missing or null. Whoever reads it ends with <see cref="RequireAllRead"/>.</summary>
    /// <exception cref="DmaBufException">EINVAL: no object.</exception>
    public NegotiationFacts? TryGetObject(string name) => Find(name) is { } value ? new NegotiationFacts(value, At(name)) : null;

    /// <summary>The objects of an array; none if it is missing.</summary>
    /// <param name="name">The member.</param>
    /// <param name="limit">The most that are accepted; a longer list is refused before anything is made of it.</param>
    /// <exception cref="DmaBufException">EINVAL: no array, an element that is no object, or too many.</exception>
    public IReadOnlyList<NegotiationFacts> GetObjects(string name, int limit)
    {
        List<NegotiationFacts> objects = [];
        foreach (JsonElement element in Elements(name, limit))
        {
            objects.Add(new NegotiationFacts(element, $"{At(name)}[{objects.Count}]"));
        }

        return objects;
    }

    /// <summary>Fails if a member is there that nobody asked for.</summary>
    /// <exception cref="DmaBufException">EINVAL: names the member and those that are known here.</exception>
    public void RequireAllRead()
    {
        foreach (JsonProperty property in _object.EnumerateObject())
        {
            if (!_asked.Contains(property.Name))
            {
                throw Wrong(At(property.Name), $"there is no such member; known here are {string.Join(", ", _asked.Order(StringComparer.Ordinal))}");
            }
        }
    }

    /// <summary>A cost; unlike other flags it never has bits without a name, because no offer, ceiling or verdict has.</summary>
    internal MappingCost GetCost(string name, MappingCost missing) => GetFlags(name, missing) is var cost && MappingCostRule.IsKnown(cost)
        ? cost
        : throw Wrong(At(name), $"0x{(int)(cost & ~MappingCostRule.All):x} is no cost; use the names");

    internal NegotiationFacts GetObject(string name) => TryGetObject(name) ?? throw Missing(name, "an object");

    internal JsonElement? GetRaw(string name) => Find(name);

    internal IReadOnlyList<string> GetTexts(string name, int limit)
    {
        List<string> texts = [];
        foreach (JsonElement element in Elements(name, limit))
        {
            texts.Add(element.ValueKind == JsonValueKind.String ? Text(element, name) : throw Bad($"{At(name)}[{texts.Count}]", "a text in quotes", element));
        }

        return texts;
    }

    /// <summary>True if nothing stands here beyond what was read already.</summary>
    internal bool HasOnlyHead() => _object.EnumerateObject().All(property => _asked.Contains(property.Name));

    internal int GetIndex(string name, int count) => GetNumber(name) is var index && index < (ulong)count
        ? (int)index
        : throw Wrong(At(name), $"{index} is no index; there are {count}");

    /// <summary>Marks everything as read: for members whose meaning only a missing codec knows.</summary>
    internal void SkipRest()
    {
        foreach (JsonProperty property in _object.EnumerateObject())
        {
            _asked.Add(property.Name);
        }
    }

    internal string At(string name) => Place.Length == 0 ? name : $"{Place}.{name}";

    internal static DmaBufException Wrong(string place, string what, Exception? cause = null) => new(
        Errno.EINVAL, $"Reading the description of a negotiation failed at '{(place.Length == 0 ? "the top" : place)}': {what}.", cause);

    internal static DmaBufException Bad(string place, string wanted, JsonElement found) => Wrong(place, $"{wanted} is needed, found {Kind(found)}");

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a truth value",
    };

    private JsonElement? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        _asked.Add(name);
        return _object.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private JsonElement.ArrayEnumerator Elements(string name, int limit)
    {
        if (Find(name) is not { } value)
        {
            return default;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Bad(At(name), "an array in brackets", value);
        }

        int count = value.GetArrayLength();
        return count <= limit ? value.EnumerateArray() : throw Wrong(At(name), $"{count} elements are more than the limit of {limit}");
    }

    private ulong Number(JsonElement value, string name) => value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number)
        ? number
        : throw Wrong(At(name), $"a whole number from 0 is needed, found {value.ValueKind switch { JsonValueKind.Number => value.GetRawText(), _ => Kind(value) }}");

    private string Text(JsonElement value, string name)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            // A lone surrogate in an escape: well-formed JSON that is no text.
            throw Wrong(At(name), "the text holds an incomplete character", exception);
        }
    }

    private DmaBufException Missing(string name, string what) => Wrong(At(name), $"it is missing; {what} is needed");
}
