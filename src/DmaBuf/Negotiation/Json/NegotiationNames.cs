using System.Globalization;
using System.Text.Json;

namespace DmaBuf;

/// <summary>
/// Enumerations as JSON: one value as its name, a set of flags as an array of names, severest last. Bits without a name are kept as numbers, so that reading
/// back what was written loses nothing; who cannot have any refuses them.
/// </summary>
internal static class NegotiationNames
{
    internal static void WriteFlags<T>(Utf8JsonWriter json, string name, T flags)
        where T : struct, Enum
    {
        json.WriteStartArray(name);
        uint left = Bits(flags);
        foreach (T single in Enum.GetValues<T>())
        {
            uint bits = Bits(single);
            if (uint.IsPow2(bits) && (left & bits) != 0)
            {
                json.WriteStringValue(single.ToString());
                left &= ~bits;
            }
        }

        if (left != 0)
        {
            json.WriteNumberValue(left);
        }

        json.WriteEndArray();
    }

    internal static T ReadFlags<T>(JsonElement value, string place)
        where T : struct, Enum
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return ReadOne<T>(value, place);
        }

        uint bits = 0;
        int index = 0;
        foreach (JsonElement element in value.EnumerateArray())
        {
            string at = $"{place}[{index++}]";
            bits |= element.ValueKind == JsonValueKind.Number
                ? element.TryGetUInt32(out uint raw) ? raw : throw NegotiationFacts.Wrong(at, $"{element.GetRawText()} is no set of flags")
                : Bits(ReadOne<T>(element, at));
        }

        return (T)Enum.ToObject(typeof(T), bits);
    }

    internal static T ReadOne<T>(JsonElement value, string place)
        where T : struct, Enum
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw NegotiationFacts.Bad(place, $"one of {Choices<T>()}", value);
        }

        // The names are looked up one by one: Enum.Parse would also take numbers and lists.
        foreach (string name in Enum.GetNames<T>())
        {
            if (value.ValueEquals(name))
            {
                return Enum.Parse<T>(name);
            }
        }

        throw NegotiationFacts.Wrong(place, $"{Shown(value)} is none of {Choices<T>()}");
    }

    internal static void WriteErrno(Utf8JsonWriter json, string name, Errno errno)
    {
        if (Enum.IsDefined(errno))
        {
            json.WriteString(name, errno.ToString());
        }
        else
        {
            json.WriteNumber(name, (int)errno);
        }
    }

    internal static Errno ReadErrno(NegotiationFacts facts, string name) => facts.GetRaw(name) is not { } value ? Errno.None
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number > 0 ? (Errno)number
        : ReadOne<Errno>(value, facts.At(name));

    private static string Choices<T>()
        where T : struct, Enum
        => typeof(T) == typeof(Errno) ? "the errno names" : string.Join(", ", Enum.GetNames<T>());

    private static string Shown(JsonElement value)
    {
        string raw = value.GetRawText();
        return raw.Length <= 40 ? raw : $"{raw.AsSpan(0, 36)}...\"";
    }

    private static uint Bits<T>(T value)
        where T : struct, Enum
        => unchecked((uint)Convert.ToInt32(value, CultureInfo.InvariantCulture));
}
