using System.Text.Json;

namespace DmaBuf.Machine;

/// <summary>
/// Reads one JSON object of a machine's description, member by member. Every failure is EINVAL and names the place; whoever reads an object ends with
/// <see cref="RequireAllRead"/>, because in a file that people write a member that nobody asked for is a spelling mistake.
/// </summary>
/// <remarks>For one thread, while the document lives. Null is a value of another type, never a missing member.</remarks>
internal sealed class MachineFacts
{
    private readonly JsonElement _object;
    private readonly List<string> _asked = [];

    public MachineFacts(JsonElement element, string place)
    {
        Place = place;
        _object = element.ValueKind == JsonValueKind.Object ? element : throw Bad(place, "an object in braces is needed", element);
    }

    /// <summary>Where the object stands in the description; empty for the outermost one.</summary>
    public string Place { get; }

    public static DmaBufException Wrong(string place, string what, Exception? cause = null)
        => new(Errno.EINVAL, $"Reading the description of a machine failed at '{(place.Length == 0 ? "the top" : place)}': {what}.", cause);

    public bool Has(string name) => Find(name) is not null;

    public string GetText(string name) => Text(Need(name, "a text"), At(name));

    public string? TryGetText(string name) => Find(name) is { } value ? Text(value, At(name)) : null;

    /// <summary>A name of a part of the machine, short and of characters that no terminal and no shell minds.</summary>
    public string GetName(string name) => MachineName.Require(GetText(name), At(name));

    public string? TryGetName(string name) => TryGetText(name) is { } text ? MachineName.Require(text, At(name)) : null;

    public ulong GetAddress(string name) => MachineNumber.ReadAddress(Need(name, "an address"), At(name));

    public ulong GetAddress(string name, ulong missing) => Find(name) is { } value ? MachineNumber.ReadAddress(value, At(name)) : missing;

    public ulong GetSize(string name) => MachineNumber.ReadSize(Need(name, "a size"), At(name));

    public ulong GetSize(string name, ulong missing) => Find(name) is { } value ? MachineNumber.ReadSize(value, At(name)) : missing;

    /// <summary>A number up to a limit, written as addresses are, such as a PCI id.</summary>
    public int GetNumber(string name, int last) => Number(Need(name, "a number"), At(name), last);

    public int? TryGetNumber(string name, int last) => Find(name) is { } value ? Number(value, At(name), last) : null;

    public bool GetTruth(string name, bool missing) => Find(name) is not { } value ? missing
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Bad(At(name), "true or false is needed", value);

    public T GetChoice<T>(string name)
        where T : struct, Enum
        => Choice<T>(Need(name, $"one of {Choices<T>()}"), At(name));

    public T GetChoice<T>(string name, T missing)
        where T : struct, Enum
        => Find(name) is { } value ? Choice<T>(value, At(name)) : missing;

    /// <summary>A set of flags: an array of names. The empty array says none, so the flag that is named so has no other name.</summary>
    public T[] GetChoices<T>(string name)
        where T : struct, Enum
    {
        List<T> chosen = [];
        foreach (JsonElement element in Elements(name, Enum.GetValues<T>().Length))
        {
            string at = $"{At(name)}[{chosen.Count}]";
            T choice = Choice<T>(element, at);
            chosen.Add(chosen.Contains(choice) ? throw Wrong(at, $"{choice} stands there already; remove one") : choice);
        }

        return [.. chosen];
    }

    public MachineFacts GetObject(string name) => new(Need(name, "an object in braces"), At(name));

    public MachineFacts? TryGetObject(string name) => Find(name) is { } value ? new MachineFacts(value, At(name)) : null;

    /// <summary>The objects of an array; none if it is missing.</summary>
    public IReadOnlyList<MachineFacts> GetObjects(string name, int limit)
    {
        List<MachineFacts> objects = [];
        foreach (JsonElement element in Elements(name, limit))
        {
            objects.Add(new MachineFacts(element, $"{At(name)}[{objects.Count}]"));
        }

        return objects;
    }

    /// <summary>Lets the builder do something with what was read here; what it refuses, it refuses at this place.</summary>
    public T Build<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (DmaBufException exception)
        {
            throw Wrong(Place, exception.Message.Replace($" [{exception.Errno}]", string.Empty, StringComparison.Ordinal).TrimEnd('.'), exception);
        }
    }

    /// <summary>Fails if a member is there that nobody asked for.</summary>
    public void RequireAllRead()
    {
        foreach (JsonProperty property in _object.EnumerateObject())
        {
            if (!_asked.Contains(property.Name))
            {
                throw Wrong(
                    Place,
                    $"there is no member {MachineNumber.Quote(property.Name)}; known here are {string.Join(", ", _asked.Distinct().Order(StringComparer.Ordinal))}; correct or remove it");
            }
        }
    }

    public string At(string name) => Place.Length == 0 ? name : $"{Place}.{name}";

    internal static DmaBufException Bad(string place, string needed, JsonElement found) => Wrong(place, $"{needed}, found {Kind(found)}");

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String or JsonValueKind.Number => MachineNumber.Shown(element),
        JsonValueKind.Null => "null; leave the member out instead",
        _ => "a truth value",
    };

    private static string Text(JsonElement value, string place)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Bad(place, "a text in quotes is needed", value);
        }
        catch (InvalidOperationException exception)
        {
            // A lone surrogate in an escape: well-formed JSON that is no text.
            throw Wrong(place, "the text holds an incomplete character; remove it", exception);
        }
    }

    private static int Number(JsonElement value, string place, int last) => MachineNumber.ReadAddress(value, place) is var number && number <= (ulong)last
        ? (int)number
        : throw Wrong(place, $"a number up to 0x{last:x} is needed, found {MachineNumber.Shown(value)}");

    // The names are looked up one by one: Enum.Parse would also take numbers and lists.
    private static T Choice<T>(JsonElement value, string place)
        where T : struct, Enum
    {
        string name = value.ValueKind == JsonValueKind.String ? Text(value, place) : throw Bad(place, $"one of {Choices<T>()} is needed", value);
        return IsChoice<T>(name) ? Enum.Parse<T>(name) : throw Bad(place, $"one of {Choices<T>()} is needed", value);
    }

    private static string Choices<T>()
        where T : struct, Enum
        => string.Join(", ", Enum.GetNames<T>().Where(IsChoice<T>));

    private static bool IsChoice<T>(string name)
        where T : struct, Enum
        => name != "None" && Enum.GetNames<T>().Contains(name, StringComparer.Ordinal);

    private JsonElement? Find(string name)
    {
        _asked.Add(name);
        return _object.TryGetProperty(name, out JsonElement value) ? value : null;
    }

    private JsonElement Need(string name, string what) => Find(name) ?? throw Wrong(At(name), $"it is missing; {what} is needed");

    private JsonElement.ArrayEnumerator Elements(string name, int limit)
    {
        if (Find(name) is not { } value)
        {
            return default;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Bad(At(name), "an array in brackets is needed", value);
        }

        int count = value.GetArrayLength();
        return count <= limit ? value.EnumerateArray() : throw Wrong(At(name), $"it has {count} elements, and {limit} is the limit; remove some");
    }
}
