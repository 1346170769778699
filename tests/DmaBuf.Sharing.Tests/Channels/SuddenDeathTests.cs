using System.Diagnostics;
using System.Globalization;

namespace DmaBuf.Sharing.Tests;

/// <summary>SIGKILL at random moments: of subscribers, whose holds come back while nobody else misses a frame, and of publishers, whose subscribers learn why there is an end.</summary>
/// <remarks>The number of kills is DMABUF_KILLS (200); the seed is DMABUF_SEED, and stands in what fails.</remarks>
public sealed class SuddenDeathTests(ForeignSubscriber foreign) : ForeignProcessTest(foreign)
{
    private const int Bytes = 512;

    internal static int Kills => int.TryParse(Environment.GetEnvironmentVariable("DMABUF_KILLS"), NumberStyles.None, CultureInfo.InvariantCulture, out int kills) ? kills : 200;

    private static int Seed => int.TryParse(Environment.GetEnvironmentVariable("DMABUF_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out int seed) ? seed : 20_26;

    [Theory]
    [InlineData(SlowSubscriberPolicy.Block)]
    [InlineData(SlowSubscriberPolicy.DropOldest)]
    public async Task A_killed_subscriber_gives_back_what_it_held_and_nobody_else_misses_a_frame(SlowSubscriberPolicy policy)
    {
        Random random = new(Seed);
        using DescriptorListener listener = Listen();
        using FramePublisher publisher = FramePublisher.Create(Options(policy, buffers: 8, bytes: Bytes, share: policy == SlowSubscriberPolicy.Block ? 0 : 2) with { Timeout = Long });
        (_, FrameSubscriber subscriber) = await JoinAsync(publisher);
        using (subscriber)
        {
            Task<ulong> verified = VerifyAllAsync(subscriber, mayMiss: policy != SlowSubscriberPolicy.Block);
            using CancellationTokenSource stopping = new();
            Task<ulong> producer = Task.Factory.StartNew(() => Produce(publisher, stopping.Token), Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            for (int kill = 0; kill < Kills / 2; kill++)
                await KillOneAsync(publisher, listener, random);
            await stopping.CancelAsync();
            ulong published = await producer;
            WaitUntil(() => publisher.Members.Count == 1);
            WaitUntil(() => publisher.FreeBuffers == 8);
            publisher.Dispose();
            Assert.True(published > 0, $"seed {Seed}");
            ulong received = await verified;
            Assert.Equal(ChannelEndReason.Closed, subscriber.EndReason);
            Assert.True(policy == SlowSubscriberPolicy.Block ? received == published : received <= published, $"{received} of {published}, seed {Seed}");
        }
    }

    [Fact]
    public async Task Subscribers_of_a_killed_publisher_receive_what_was_published_and_then_its_death()
    {
        Random random = new(Seed);
        for (int kill = 0; kill < Math.Max(1, Kills / 40); kill++)
        {
            using DescriptorListener listener = Listen();
            using Process process = PublishingProcess.Start(listener.Address);
            using FrameSubscriber subscriber = await FrameChannel.JoinAsync(await listener.AcceptAsync(Token), cancellationToken: Token);
            using FrameSubscriber second = await FrameChannel.JoinAsync(await listener.AcceptAsync(Token), cancellationToken: Token);
            Task<ulong> verified = VerifyAllAsync(subscriber, mayMiss: false);
            Task<ulong> alsoVerified = VerifyAllAsync(second, mayMiss: false);
            Pause(TimeSpan.FromMilliseconds(random.Next(50)));
            await KillAsync(process);
            ulong last = await verified;
            Assert.Equal(last, await alsoVerified);
            Assert.Equal((ChannelEndReason.PeerGone, ChannelEndReason.PeerGone), (subscriber.EndReason, second.EndReason));
        }
    }

    private async Task KillOneAsync(FramePublisher publisher, DescriptorListener listener, Random random)
    {
        Process process = Start("take", (ulong)random.Next());
        DescriptorSocket socket = await listener.AcceptAsync(Token);
        if (random.Next(10) == 0)
        {
            await KillAsync(process); // before it was invited
            await Record.ExceptionAsync(() => FrameChannel.InviteAsync(publisher, socket, Token).AsTask());
            return;
        }

        await FrameChannel.InviteAsync(publisher, socket, Token);
        Pause(TimeSpan.FromMicroseconds(random.Next(4000)));
        await KillAsync(process);
    }

    private static ulong Produce(FramePublisher publisher, CancellationToken stop)
    {
        ulong last = 0;
        while (!stop.IsCancellationRequested)
        {
            // With drop policies, so many may have died with frames in their hands and not been noticed yet that there is no buffer for a moment.
            try
            {
                last = PublishNumbered(publisher, Bytes);
            }
            catch (DmaBufException error) when (error.Errno == Errno.EAGAIN)
            {
                Thread.Yield();
            }
        }

        return last;
    }

    private static void Pause(TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(start) >= time);
    }
}
