using System.Diagnostics;

namespace DmaBuf.Sharing.Tests;

/// <summary>An exporter in a process of its own: this test program, told to run the one test below, which ends when it is killed.</summary>
public sealed class ExportingProcess
{
    private const string Address = "DMABUF_TEST_EXPORT_AT";

    internal static Process Start(string address) => Process.Start(
        new ProcessStartInfo(Environment.ProcessPath!, ["-explicit", "only", "-method", $"{typeof(ExportingProcess).FullName}.{nameof(Export_until_killed)}", "-noLogo", "-reporter", "quiet"])
        {
            Environment = { [Address] = address },
        })!;

    [Fact(Explicit = true)]
    public async Task Export_until_killed()
    {
        string address = Environment.GetEnvironmentVariable(Address) ?? throw new InvalidOperationException("Only for tests that start this.");
        MemoryFile file = MemoryFile.Create("dmabuf-test", 1 << 16);
        file.Seal(MemorySeals.FixedSize);
        using DmaBuffer buffer = MemoryFileExporter.Export(file);
        await using BufferServer server = BufferServer.Listen(address);
        server.Share("frame", buffer);
        await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
    }
}
