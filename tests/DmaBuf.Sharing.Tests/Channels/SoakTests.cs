using System.Diagnostics;
using System.Globalization;

namespace DmaBuf.Sharing.Tests;

/// <summary>Sixteen subscribers at full rate, half of them in processes of their own, for DMABUF_SOAK_SECONDS (5): each frame is whole and in order, and everything comes back.</summary>
public sealed class SoakTests(ForeignSubscriber foreign) : ForeignProcessTest(foreign)
{
    private const int Bytes = 4096;
    private const int Each = 8;

    private static int Seconds =>
        int.TryParse(Environment.GetEnvironmentVariable("DMABUF_SOAK_SECONDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) ? seconds : 5;

    [Theory]
    [InlineData(SlowSubscriberPolicy.Block)]
    [InlineData(SlowSubscriberPolicy.DropOldest)]
    public async Task Sixteen_subscribers_get_whole_frames_in_order_at_full_rate(SlowSubscriberPolicy policy)
    {
        using DescriptorListener listener = Listen();
        // With drop policies as many buffers as all may hold together, and one more: then no one takes another one's frame away.
        using FramePublisher publisher = FramePublisher.Create(Options(policy, buffers: 50, bytes: Bytes, share: policy == SlowSubscriberPolicy.Block ? 0 : 3) with { Timeout = Long });
        List<Process> processes = [];
        List<FrameSubscriber> subscribers = [];
        List<Task<ulong>> verified = [];
        for (int index = 0; index < Each; index++)
        {
            (Process process, _) = await InviteAsync(publisher, listener, "take", (ulong)index);
            processes.Add(process);
            (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
            subscribers.Add(subscriber);
            verified.Add(VerifyAllAsync(subscriber, mayMiss: policy != SlowSubscriberPolicy.Block));
        }

        IReadOnlyList<ChannelMember> members = publisher.Members;
        long start = Stopwatch.GetTimestamp();
        ulong last = 0;
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(Seconds) / 2)
            last = PublishNumbered(publisher, Bytes);
        publisher.Dispose();

        foreach (Task<ulong> each in verified)
            Assert.True(policy == SlowSubscriberPolicy.Block ? last == await each : last >= await each);
        foreach (Process process in processes)
            await EndAsync(process, 0);
        subscribers.ForEach(static subscriber => subscriber.Dispose());
        Assert.Equal(2 * Each, members.Count);
        Assert.All(members, member => Assert.True(policy != SlowSubscriberPolicy.Block || (member.Delivered == last && member.Dropped == 0)));
        TestContext.Current.TestOutputHelper?.WriteLine($"{last} frames");
    }
}
