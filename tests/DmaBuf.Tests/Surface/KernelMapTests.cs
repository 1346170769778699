using System.Text.RegularExpressions;

namespace DmaBuf.Tests.Surface;

/// <summary>docs/kernel-map.md tells the truth: every patch has its rows, and every test class that a row names exists.</summary>
public sealed partial class KernelMapTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void Every_test_class_that_a_row_names_exists()
    {
        HashSet<string> classes = [.. Directory.EnumerateFiles(Path.Combine(Root, "tests"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(static file => ClassName().Matches(File.ReadAllText(file)))
            .Select(static match => match.Groups[1].Value)];
        string[] missing = [.. Rows().SelectMany(static row => Quoted().Matches(row[^1])).Select(static match => match.Groups[1].Value)
            .Where(name => !classes.Contains(name)).Distinct()];
        Assert.True(missing.Length == 0, $"docs/kernel-map.md names test classes that do not exist: {string.Join(", ", missing)}");
    }

    [Fact]
    public void Every_patch_of_the_series_has_a_row()
    {
        HashSet<string> patches = [.. Rows().SelectMany(static row => Number().Matches(row[0]).Select(static match => match.Value))];
        Assert.All(Enumerable.Range(1, 26), patch => Assert.Contains(patch.ToString("D2", null), patches));
    }

    [Theory]
    [InlineData("01"), InlineData("02"), InlineData("03"), InlineData("04"), InlineData("05"), InlineData("13"), InlineData("16"), InlineData("17")]
    [InlineData("18"), InlineData("19"), InlineData("20"), InlineData("21"), InlineData("26")]
    public void The_patches_that_the_framework_covers_name_a_test(string patch)
        => Assert.Contains(Rows(), row => Number().Matches(row[0]).Any(match => match.Value == patch) && Quoted().IsMatch(row[^1]));

    private static IEnumerable<string[]> Rows() => File.ReadLines(Path.Combine(Root, "docs", "kernel-map.md"))
        .Where(static line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| Patch", StringComparison.Ordinal))
        .Select(static line => line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries));

    private static string FindRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "DmaBuf.slnx")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("The tests run outside the repository, which holds docs/kernel-map.md.");
    }

    [GeneratedRegex(@"\bclass (\w+)")]
    private static partial Regex ClassName();

    [GeneratedRegex(@"`(\w+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\b\d\d\b")]
    private static partial Regex Number();
}
