using System.Diagnostics;

namespace DmaBuf.Sharing.Tests;

/// <summary>A publisher in a process of its own: this test program, told to run the one test below, which ends when it is killed.</summary>
public sealed class PublishingProcess
{
    private const string Address = "DMABUF_TEST_PUBLISH_TO";

    internal static Process Start(string address)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, ["-explicit", "only", "-method", $"{typeof(PublishingProcess).FullName}.{nameof(Publish_until_killed)}", "-noLogo", "-reporter", "quiet"])
        {
            Environment = { [Address] = address },
            RedirectStandardOutput = false,
        };
        return Process.Start(start)!;
    }

    [Fact(Explicit = true)]
    public async Task Publish_until_killed()
    {
        string address = Environment.GetEnvironmentVariable(Address) ?? throw new InvalidOperationException("Only for tests that start this.");
        using FramePublisher publisher = FramePublisher.Create(new() { BufferBytes = 512, BufferCount = 6, Timeout = TimeSpan.FromSeconds(60) });
        for (int subscriber = 0; subscriber < 2; subscriber++)
            await FrameChannel.InviteAsync(publisher, DescriptorSocket.Connect(address), TestContext.Current.CancellationToken);
        while (!TestContext.Current.CancellationToken.IsCancellationRequested)
            ForeignProcessTest.PublishNumbered(publisher, 512);
    }
}
