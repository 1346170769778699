using System.Runtime.Versioning;

namespace DmaBuf.Bench;

/// <summary>The other process of a hand-over: each frame that has come to all of its subscribers is answered by a frame of its own. It ends with the process that it answers.</summary>
[SupportedOSPlatform("linux")]
internal static class HandOverEcho
{
    /// <summary>The first argument of a program that is to be one.</summary>
    public const string Command = "hand-over-echo";

    /// <summary>Answers until the other side has gone.</summary>
    /// <param name="arguments">Where to connect, then the shape.</param>
    public static async Task RunAsync(string[] arguments)
    {
        HandOverShape shape = HandOverShape.Parse(arguments.AsSpan(1));
        var subscribers = new FrameSubscriber[shape.Subscribers];
        for (int i = 0; i < subscribers.Length; i++)
            subscribers[i] = await FrameChannel.JoinAsync(DescriptorSocket.Connect(arguments[0]), shape.SubscriberOptions);
        using FramePublisher publisher = FramePublisher.Create(shape.ChannelOptions);
        await FrameChannel.InviteAsync(publisher, DescriptorSocket.Connect(arguments[0]));
        Answer(subscribers, publisher);
        foreach (FrameSubscriber subscriber in subscribers)
            subscriber.Dispose();
    }

    private static void Answer(FrameSubscriber[] subscribers, FramePublisher publisher)
    {
        while (true)
        {
            foreach (FrameSubscriber subscriber in subscribers)
            {
                if (subscriber.Receive(out Frame frame, Timeout.InfiniteTimeSpan) != ReceiveResult.Received)
                    return;
                frame.Dispose();
            }

            publisher.Loan().Publish(1);
        }
    }
}
