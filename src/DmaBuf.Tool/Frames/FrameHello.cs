using System.Text.Json;
using DmaBuf.Sharing;

namespace DmaBuf.Tool;

/// <summary>What a publisher of frames tells each subscriber before the channel's invitation, on the same socket.</summary>
/// <param name="Name">What is published, for people.</param>
/// <param name="Header">The first line of a Y4M stream; empty for frames that are none.</param>
/// <param name="Policy">What happens to a subscriber that does not keep up.</param>
/// <param name="Frames">How many there will be; 0: nobody knows.</param>
internal sealed record FrameHello(string Name, string Header, SlowSubscriberPolicy Policy, ulong Frames)
{
    private const string Kind = "frames";

    internal byte[] Encode() => HandoverMessage.Encode(Kind, json =>
    {
        json.WriteString("name", Name);
        json.WriteString("header", Header);
        json.WriteString("policy", PolicyNames.Of(Policy));
        json.WriteNumber("frames", Frames);
    });

    internal static FrameHello Decode(ReadOnlySpan<byte> message)
    {
        using JsonDocument document = HandoverMessage.Decode(message, Kind);
        JsonElement root = document.RootElement;
        string name = HandoverMessage.Text(root, "name");
        string header = HandoverMessage.Text(root, "header");
        bool valid = name.Length is > 0 and <= 200 && header.Length <= Y4mHeader.MaximumLength && header.All(static each => each is <= '\xff' and not '\n');
        return valid && PolicyNames.Find(HandoverMessage.Text(root, "policy")) is { } policy
            ? new FrameHello(Printable.Of(name), header, policy, HandoverMessage.Number(root, "frames"))
            : throw HandoverMessage.Bad("its name, header or policy cannot be");
    }
}
