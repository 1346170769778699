using System.Text.Json;

namespace DmaBuf.Tool.Tests;

/// <summary>One run of <c>dmabuf matrix --json</c> for all the tests that only look at it.</summary>
public sealed class MatrixRunFixture : IAsyncLifetime
{
    internal ToolResult Result { get; private set; } = null!;

    internal JsonElement Root { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Result = await ToolRun.RunAsync("matrix", "--json");
        Root = Result.Json();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
