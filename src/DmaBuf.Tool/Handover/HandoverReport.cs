using System.Text.Json;

namespace DmaBuf.Tool;

/// <summary>What the receiver did, as it tells the sharer when it is done.</summary>
/// <param name="Type">The mapping type that it agreed on.</param>
/// <param name="Cost">The upper bound of the cost that was agreed on.</param>
/// <param name="Copies">How often the bytes were copied to reach the receiver's eyes; writing a file is one more.</param>
/// <param name="Sha256">What it computed from the mapped memory.</param>
/// <param name="Attach">How long negotiating and attaching took.</param>
/// <param name="Map">How long mapping took.</param>
/// <param name="Read">How long reading every byte through the mapping took, the first touch of each page included.</param>
/// <param name="Hash">How long the checksum of the bytes that were read took.</param>
internal sealed record HandoverReport(string Type, string Cost, int Copies, string Sha256, TimeSpan Attach, TimeSpan Map, TimeSpan Read, TimeSpan Hash)
{
    internal byte[] Encode() => HandoverMessage.Encode("done", json =>
    {
        json.WriteString("type", Type);
        json.WriteString("cost", Cost);
        json.WriteNumber("copies", Copies);
        json.WriteString("sha256", Sha256);
        json.WriteNumber("attachTicks", Attach.Ticks);
        json.WriteNumber("mapTicks", Map.Ticks);
        json.WriteNumber("readTicks", Read.Ticks);
        json.WriteNumber("hashTicks", Hash.Ticks);
    });

    internal static HandoverReport Decode(ReadOnlySpan<byte> message)
    {
        using JsonDocument document = HandoverMessage.Decode(message, "done");
        JsonElement root = document.RootElement;
        return new HandoverReport(
            Word(root, "type"),
            Word(root, "cost"),
            (int)Math.Min(HandoverMessage.Number(root, "copies"), int.MaxValue),
            Word(root, "sha256"),
            Time(root, "attachTicks"),
            Time(root, "mapTicks"),
            Time(root, "readTicks"),
            Time(root, "hashTicks"));
    }

    private static TimeSpan Time(JsonElement root, string name) => new((long)Math.Min(HandoverMessage.Number(root, name), long.MaxValue));

    private static string Word(JsonElement root, string name) => HandoverMessage.Text(root, name) is var word && !word.Any(char.IsControl)
        ? word
        : throw HandoverMessage.Bad($"its '{name}' holds control characters");
}
