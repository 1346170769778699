using System.Text.Encodings.Web;
using System.Text.Json;

namespace DmaBuf.Bench;

/// <summary>The report on disk: <c>results.json</c> for programs, <c>results.md</c> for people.</summary>
internal static class ReportFile
{
    private const string RepositoryMark = "DmaBuf.slnx";

    // Without escaping what only a web page would need escaped: a "+" in a name stays one.
    private static readonly ResultJsonContext s_json =
        new(new JsonSerializerOptions(ResultJsonContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Where the report goes unless the caller names a folder: the repository's <c>bench/results</c>.</summary>
    /// <exception cref="BenchmarkException">The program does not lie inside the repository.</exception>
    public static string ChooseFolder(string? wanted)
    {
        if (wanted is not null)
            return wanted;
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, RepositoryMark)))
                return Path.Combine(folder.FullName, "bench", "results");
        }

        throw BenchmarkException.BadUse("This program lies outside the repository; say where the report goes with --output DIR.");
    }

    /// <summary>Writes both files, and a drawing for each curve.</summary>
    public static void Write(string folder, ResultDocument document)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "results.json"), ToJson(document) + "\n");
        File.WriteAllText(Path.Combine(folder, "results.md"), MarkdownReport.Format(document));
        foreach (GrowthCurve curve in GrowthCurve.AllOf(document))
            File.WriteAllText(Path.Combine(folder, curve.FileName), GrowthPlot.Draw(curve));
    }

    /// <summary>Reads a <c>results.json</c>.</summary>
    /// <exception cref="BenchmarkException">It is not there or is no report.</exception>
    public static ResultDocument Read(string path)
    {
        if (!File.Exists(path))
            throw BenchmarkException.BadUse($"There is no report at '{path}'; measure first.");
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), s_json.ResultDocument)
                ?? throw BenchmarkException.BadUse($"'{path}' is empty; measure again.");
        }
        catch (JsonException error)
        {
            throw BenchmarkException.BadUse($"'{path}' is no report of this program ({error.Message}); measure again.");
        }
    }

    /// <summary>The report as JSON.</summary>
    public static string ToJson(ResultDocument document) => JsonSerializer.Serialize(document, s_json.ResultDocument);
}
