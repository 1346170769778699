using System.Text.Json;

namespace DmaBuf.Tool;

/// <summary>
/// What <c>share</c> tells <c>receive</c> in its first message: format, buffer, checksum and what the buffer's exporter offers. One JSON object in one message; the memory's
/// descriptor travels with the answer to the receiver's choice, not with this.
/// </summary>
internal sealed record HandoverHello(string Name, ulong Size, string Sha256, IReadOnlyList<string> Offers)
{
    internal byte[] Encode() => HandoverMessage.Encode("hello", json =>
    {
        json.WriteString("name", Name);
        json.WriteNumber("size", Size);
        json.WriteString("sha256", Sha256);
        json.WriteStartArray("offers");
        foreach (string offer in Offers)
        {
            json.WriteStringValue(offer);
        }

        json.WriteEndArray();
    });

    internal static HandoverHello Decode(ReadOnlySpan<byte> message)
    {
        using JsonDocument document = HandoverMessage.Decode(message, "hello");
        JsonElement root = document.RootElement;
        string sha256 = HandoverMessage.Text(root, "sha256");
        string name = HandoverMessage.Text(root, "name");
        ulong size = HandoverMessage.Number(root, "size");
        List<string> offers = HandoverMessage.Texts(root, "offers");
        bool valid = size > 0 && sha256.Length == 64 && sha256.All(char.IsAsciiHexDigit) && name.Length is > 0 and <= 200 && !name.Any(char.IsControl);
        return valid ? new HandoverHello(name, size, sha256, offers) : throw HandoverMessage.Bad("its name, size or checksum cannot be");
    }
}
