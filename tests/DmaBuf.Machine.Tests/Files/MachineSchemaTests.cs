using System.Text.Json;
using System.Text.Json.Nodes;

namespace DmaBuf.Machine.Tests;

/// <summary>docs/machine.schema.json says what the reader accepts: the same members everywhere, the same names, and documents that both find right.</summary>
public sealed class MachineSchemaTests
{
    internal static JsonElement Schema { get; } = Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "machines", "schema", "machine.schema.json")));

    private static JsonElement Everything { get; } = Parse(MachineDocumentTests.Everything);

    [Fact]
    public void The_document_with_everything_has_every_member_of_the_schema()
    {
        HashSet<string> seen = [];
        SchemaCheck check = new(Schema) { OnObject = (place, schema) => seen.UnionWith(At(Everything, place).EnumerateObject().Select(member => Key(schema, member.Name))) };
        Assert.Null(check.Misfit(Everything));
        IEnumerable<JsonElement> objects = Schema.GetProperty("$defs").EnumerateObject().Select(static definition => definition.Value).Prepend(Schema)
            .Where(static schema => schema.TryGetProperty("properties", out _));
        Assert.Equal(
            objects.SelectMany(static schema => schema.GetProperty("properties").EnumerateObject().Select(member => Key(schema, member.Name))).Distinct().Order(),
            seen.Order());
    }

    /// <summary>The reader lists the members that it knows when it meets another one.</summary>
    [Fact]
    public void The_reader_knows_the_members_of_the_schema_at_every_place()
    {
        List<(string Place, JsonElement Schema)> objects = [];
        Assert.Null(new SchemaCheck(Schema) { OnObject = (place, schema) => objects.Add((place, schema)) }.Misfit(Everything));
        Assert.True(objects.Count > 15);
        foreach ((string place, JsonElement schema) in objects)
        {
            JsonNode changed = JsonNode.Parse(MachineDocumentTests.Everything)!;
            Walk(changed, place).Add("zzz", 1);
            string message = Expect.Fails(Errno.EINVAL, () => MachineDocument.Read(changed.ToJsonString())).Message;
            string known = message[(message.IndexOf("known here are ", StringComparison.Ordinal) + 15)..message.IndexOf("; correct or", StringComparison.Ordinal)];
            Assert.Contains($"'{(place.Length == 0 ? "the top" : place)}'", message, StringComparison.Ordinal);
            Assert.Equal(schema.GetProperty("properties").EnumerateObject().Select(static member => member.Name).Order(StringComparer.Ordinal), known.Split(", "));
        }
    }

    [Fact]
    public void A_member_that_the_schema_needs_is_needed_by_the_reader_and_no_other()
    {
        List<(string Place, string Name, bool Needed)> members = [];
        SchemaCheck check = new(Schema)
        {
            OnObject = (place, schema) => members.AddRange(At(Everything, place).EnumerateObject().Select(member => (place, member.Name,
                schema.TryGetProperty("required", out JsonElement needed) && needed.EnumerateArray().Any(name => member.NameEquals(name.GetString())))))
        };
        Assert.Null(check.Misfit(Everything));
        foreach ((string place, string name, bool needed) in members.Where(static member => member.Name != "iommus"))
        {
            JsonNode changed = JsonNode.Parse(MachineDocumentTests.Everything)!;
            Walk(changed, place).Remove(name);
            string? message = Record.Exception(() => MachineDocument.Read(changed.ToJsonString()))?.Message;
            Assert.Equal(needed, message is not null);
            Assert.Contains(needed ? "it is missing" : string.Empty, message ?? string.Empty, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_names_of_choices_are_the_same()
    {
        JsonElement definitions = Schema.GetProperty("$defs");
        Assert.Equal(Enum.GetNames<PciAccessControl>().Where(static name => name != "None"), Names(definitions.GetProperty("accessControl").GetProperty("items")));
        Assert.Equal(Enum.GetNames<PciHostBridgePolicy>(), Names(definitions.GetProperty("hostBridge").GetProperty("properties").GetProperty("policy")));
        Assert.Equal(Enum.GetNames<ProcessorVendor>(), Names(definitions.GetProperty("processor").GetProperty("properties").GetProperty("vendor")));
    }

    internal static JsonElement Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return document.RootElement.Clone();
    }

    private static string[] Names(JsonElement schema) => [.. schema.GetProperty("enum").EnumerateArray().Select(static name => name.GetString()!)];

    private static string Key(JsonElement schema, string member) => $"{string.Join(',', schema.GetProperty("properties").EnumerateObject().Select(static each => each.Name))}: {member}";

    private static JsonElement At(JsonElement root, string place) => Parse(Walk(JsonNode.Parse(root.GetRawText())!, place).ToJsonString());

    private static JsonObject Walk(JsonNode node, string place)
        => place.Split('.', '[', ']').Where(static step => step.Length > 0)
            .Aggregate(node, static (at, step) => int.TryParse(step, out int index) ? at[index]! : at[step]!).AsObject();
}
