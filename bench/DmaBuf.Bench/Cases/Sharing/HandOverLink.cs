using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;

namespace DmaBuf.Bench;

/// <summary>This side of a hand-over to another process and back, which is started at the first use and ends with this one.</summary>
[SupportedOSPlatform("linux")]
[SuppressMessage("Design", "CA1001", Justification = "A link lives as long as the program, and the other process ends with it.")]
internal sealed class HandOverLink
{
    private readonly FramePublisher _publisher;
    private readonly FrameSubscriber _subscriber;

    /// <summary>Starts the other process and connects both ways.</summary>
    public HandOverLink(HandOverShape shape)
    {
        using DescriptorListener listener = DescriptorListener.Listen($"@dmabuf-bench-{Environment.ProcessId}-{Guid.NewGuid():N}");
        using Process echo = Process.Start(
            new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "DmaBuf.Bench"), [HandOverEcho.Command, listener.Address, .. shape.ToArguments()]))!;
        _publisher = FramePublisher.Create(shape.ChannelOptions);
        for (int i = 0; i < shape.Subscribers; i++)
            FrameChannel.InviteAsync(_publisher, Accept(listener)).AsTask().GetAwaiter().GetResult();
        _subscriber = FrameChannel.JoinAsync(Accept(listener), shape.SubscriberOptions).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Loan, publish, receive, release; there, and back.</summary>
    public void PassAndReturn()
    {
        _publisher.Loan().Publish(1);
        if (_subscriber.Receive(out Frame frame, TimeSpan.FromSeconds(60)) != ReceiveResult.Received)
            throw BenchmarkException.WentWrong($"The other process of a hand-over did not answer: {_subscriber.EndReason}.");
        frame.Dispose();
    }

    private static DescriptorSocket Accept(DescriptorListener listener)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return listener.AcceptAsync(patience.Token).AsTask().GetAwaiter().GetResult();
    }
}
