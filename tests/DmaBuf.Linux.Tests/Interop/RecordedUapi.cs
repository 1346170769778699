using System.Globalization;
using System.Text.RegularExpressions;

namespace DmaBuf.Linux.Tests;

/// <summary>The numbers that <c>record-uapi</c> took from the headers of a newer kernel: <c>recorded-uapi-VERSION.txt</c>, a line a fact.</summary>
internal sealed partial class RecordedUapi
{
    private readonly Dictionary<(string Header, string Expression), long> _values = [];

    private RecordedUapi(string version) => Version = version;

    /// <summary>The only record there is.</summary>
    internal static RecordedUapi Only { get; } = Read();

    internal string Version { get; }

    internal int Count => _values.Count;

    internal bool TryGet(string header, string expression, out long value) => _values.TryGetValue((header, expression), out value);

    internal static string LineOf(string header, string expression, long value) => string.Create(CultureInfo.InvariantCulture, $"{header}: {expression} = {value}");

    private static RecordedUapi Read()
    {
        string resource = Assert.Single(typeof(RecordedUapi).Assembly.GetManifestResourceNames(), name => name.StartsWith("recorded-uapi-", StringComparison.Ordinal));
        RecordedUapi record = new(resource["recorded-uapi-".Length..^".txt".Length]);
        using StreamReader lines = new(typeof(RecordedUapi).Assembly.GetManifestResourceStream(resource)!);
        while (lines.ReadLine() is { } line)
        {
            Match parts = Line().Match(line);
            Assert.True(parts.Success, $"'{line}' of {resource} is no fact.");
            record._values.Add((parts.Groups[1].Value, parts.Groups[2].Value), long.Parse(parts.Groups[3].Value, CultureInfo.InvariantCulture));
        }

        return record;
    }

    [GeneratedRegex(@"^(\S+): (.+) = (-?\d+)$")]
    private static partial Regex Line();
}
