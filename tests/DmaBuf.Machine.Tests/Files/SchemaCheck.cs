using System.Text.Json;
using System.Text.RegularExpressions;

namespace DmaBuf.Machine.Tests;

/// <summary>The keywords of JSON Schema that docs/machine.schema.json uses; another one fails, so that none is passed over.</summary>
internal sealed class SchemaCheck(JsonElement root)
{
    /// <summary>Sees each object of a document together with the schema that describes it.</summary>
    public Action<string, JsonElement>? OnObject { get; init; }

    /// <summary>The first place where the document does not fit; null if it fits.</summary>
    public string? Misfit(JsonElement value) => Misfit(root, value, string.Empty);

    private string? Misfit(JsonElement schema, JsonElement value, string place)
    {
        if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out _))
        {
            OnObject?.Invoke(place, schema);
        }

        return schema.EnumerateObject().Select(keyword => Misfit(schema, keyword, value, place)).FirstOrDefault(static misfit => misfit is not null);
    }

    private string? Misfit(JsonElement schema, JsonProperty keyword, JsonElement value, string place) => keyword.Name switch
    {
        "title" or "description" or "default" or "$schema" or "$defs" or "additionalProperties" => null,
        "$ref" => Misfit(root.GetProperty("$defs").GetProperty(keyword.Value.GetString()!["#/$defs/".Length..]), value, place),
        "type" => Unless(IsOfType(keyword.Value.GetString()!, value), place, "type"),
        "const" => Unless(value.ValueKind == JsonValueKind.String && value.ValueEquals(keyword.Value.GetString()), place, "const"),
        "enum" => Unless(value.ValueKind == JsonValueKind.String && keyword.Value.EnumerateArray().Any(name => value.ValueEquals(name.GetString())), place, "enum"),
        "pattern" => Unless(value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, keyword.Value.GetString()!), place, "pattern"),
        "minimum" => Unless(value.ValueKind != JsonValueKind.Number || value.GetDouble() >= keyword.Value.GetDouble(), place, "minimum"),
        "maximum" => Unless(value.ValueKind != JsonValueKind.Number || value.GetDouble() <= keyword.Value.GetDouble(), place, "maximum"),
        "maxItems" => Unless(value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= keyword.Value.GetInt32(), place, "maxItems"),
        "uniqueItems" => Unless(value.ValueKind != JsonValueKind.Array || value.EnumerateArray().DistinctBy(static item => item.GetRawText()).Count() == value.GetArrayLength(), place, "uniqueItems"),
        "anyOf" => Unless(keyword.Value.EnumerateArray().Any(choice => Misfit(choice, value, place) is null), place, "anyOf"),
        "not" => Unless(Misfit(keyword.Value, value, place) is not null, place, "not"),
        "required" => Unless(value.ValueKind != JsonValueKind.Object || keyword.Value.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)), place, "required"),
        "items" => value.ValueKind != JsonValueKind.Array ? null
            : value.EnumerateArray().Select((item, index) => Misfit(keyword.Value, item, $"{place}[{index}]")).FirstOrDefault(static misfit => misfit is not null),
        "properties" => value.ValueKind != JsonValueKind.Object ? null
            : value.EnumerateObject().Select(member => OfMember(schema, keyword.Value, member, place)).FirstOrDefault(static misfit => misfit is not null),
        _ => throw new NotSupportedException($"The schema uses '{keyword.Name}', which this check does not know."),
    };

    private string? OfMember(JsonElement schema, JsonElement properties, JsonProperty member, string place)
        => properties.TryGetProperty(member.Name, out JsonElement described)
            ? Misfit(described, member.Value, place.Length == 0 ? member.Name : $"{place}.{member.Name}")
            : Unless(!schema.TryGetProperty("additionalProperties", out JsonElement more) || more.ValueKind != JsonValueKind.False, place, $"additionalProperties ({member.Name})");

    private static bool IsOfType(string type, JsonElement value) => type switch
    {
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number && number == Math.Floor(number),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => string.Equals(type, value.ValueKind.ToString(), StringComparison.OrdinalIgnoreCase),
    };

    private static string? Unless(bool fits, string place, string keyword) => fits ? null : $"'{place}' does not fit {keyword}";
}
