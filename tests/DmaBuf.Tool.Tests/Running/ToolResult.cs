using System.Text.Json;

namespace DmaBuf.Tool.Tests;

internal sealed record ToolResult(int ExitCode, string Output, string Errors)
{
    internal string[] ErrorLines => Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Standard output as the one JSON value that it must be.</summary>
    internal JsonElement Json()
    {
        using JsonDocument document = JsonDocument.Parse(Output);
        return document.RootElement.Clone();
    }

    internal void AssertSuccess() => Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}\n{Errors}");

    /// <summary>Bad use: nothing on standard output, one line on standard error, exit code 2.</summary>
    internal void AssertBadUse(string words)
    {
        Assert.Equal(2, ExitCode);
        Assert.Equal(string.Empty, Output);
        Assert.StartsWith("dmabuf: ", Assert.Single(ErrorLines), StringComparison.Ordinal);
        Assert.Contains(words, Errors, StringComparison.Ordinal);
    }
}
