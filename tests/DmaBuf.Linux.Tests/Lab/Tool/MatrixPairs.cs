using System.Text.Json;

namespace DmaBuf.Linux.Tests;

/// <summary>The rows of <c>dmabuf matrix --vfio</c> on a lab machine. No pair may fail: an errno that was not predicted, and bytes that did not arrive, are failures.</summary>
internal sealed class MatrixPairs
{
    private readonly JsonElement[] _pairs;

    internal MatrixPairs()
    {
        JsonElement root = LabTool.RunJson("matrix", "--vfio");
        _pairs = [.. root.GetProperty("pairs").EnumerateArray()];
        LeftOut = [.. root.GetProperty("leftOut").EnumerateArray().Select(static reason => reason.GetString()!)];
        Assert.Equal(0, root.GetProperty("failed").GetInt32());
    }

    internal IReadOnlyList<string> LeftOut { get; }

    /// <summary>Both sides agreed, the kernel took the buffer, and the bytes were verified.</summary>
    internal void Verified(string exporter, string importer, string type, bool isWholeName = false)
    {
        JsonElement pair = Find(exporter, importer, isWholeName);
        Assert.Equal(("verified", type, type), (Text(pair, "outcome"), Text(pair, "predicted"), Text(pair, "observed")));
    }

    /// <summary>Declined for a property, and the kernel, asked all the same, says this errno.</summary>
    internal void Declined(string exporter, string importer, string property, string observed, bool isWholeName = false)
        => Declined(Find(exporter, importer, isWholeName), property, [observed]);

    /// <summary>Declined because nobody can know beforehand; the kernel says this errno, or takes the buffer when chance has laid its pages well.</summary>
    internal void DeclinedAsUnknown(string exporter, string importer, string property, string observed)
        => Declined(Find(exporter, importer, isWholeName: false), property, [observed, "taken by the kernel"]);

    private static void Declined(JsonElement pair, string property, string[] observed)
    {
        Assert.Equal(("declined", "declined"), (Text(pair, "outcome"), Text(pair, "predicted")));
        Assert.StartsWith($"{property}: ", Text(pair, "reason"), StringComparison.Ordinal);
        Assert.Contains(Text(pair, "observed"), observed);
    }

    // Numbers of nodes are the machine's business, so a name may be given by its begin.
    private JsonElement Find(string exporter, string importer, bool isWholeName) => Assert.Single(
        _pairs,
        pair => (isWholeName ? Text(pair, "exporter") == exporter : Text(pair, "exporter").StartsWith(exporter, StringComparison.Ordinal))
            && Text(pair, "importer").StartsWith(importer, StringComparison.Ordinal));

    private static string Text(JsonElement pair, string member) => pair.GetProperty(member).GetString() ?? string.Empty;
}
