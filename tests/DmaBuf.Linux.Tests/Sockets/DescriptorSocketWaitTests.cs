namespace DmaBuf.Linux.Tests;

public sealed class DescriptorSocketWaitTests : LeakCheckedTest
{
    private static readonly byte[] Big = new byte[DescriptorSocket.MaximumMessageBytes];

    [Fact]
    public async Task A_receive_waits_for_the_message()
    {
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        using (sender)
        using (receiver)
        {
            for (int round = 0; round < 100; round++)
            {
                ValueTask<DescriptorMessage?> waiting = receiver.ReceiveAsync(new byte[5], 0, Token);
                Assert.False(waiting.IsCompleted);
                await sender.SendAsync(new byte[1], Token);
                using DescriptorMessage? message = await waiting;
                Assert.Equal(1, message!.Length);
            }
        }
    }

    [Fact]
    public async Task A_cancelled_receive_leaves_nothing_behind_and_takes_nothing_away()
    {
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        using (sender)
        using (receiver)
        using (MemoryFile file = MemoryFile.Create(TestMemory, 1))
        {
            using CancellationTokenSource cancellation = new();
            Task<DescriptorMessage?> waiting = receiver.ReceiveAsync(new byte[5], 1, cancellation.Token).AsTask();
            await cancellation.CancelAsync();
            Assert.Equal(0, DescriptorReactor.Shared.PendingWaits);
            OperationCanceledException ended = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            Assert.Equal(cancellation.Token, ended.CancellationToken);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiver.ReceiveAsync(new byte[5], 1, cancellation.Token).AsTask());

            await sender.SendAsync(new byte[3], [file.Descriptor], Token);
            using DescriptorMessage? message = await receiver.ReceiveAsync(new byte[5], 1, Token);
            Assert.Equal(1, message!.DescriptorCount);
        }
    }

    [Fact]
    public async Task Cancellation_and_arrival_may_race_and_no_message_is_lost()
    {
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        using (sender)
        using (receiver)
        {
            for (int round = 0; round < 200; round++)
            {
                using CancellationTokenSource cancellation = new();
                Task<DescriptorMessage?> waiting = receiver.ReceiveAsync(new byte[5], 0, cancellation.Token).AsTask();
                Task cancelling = cancellation.CancelAsync();
                await sender.SendAsync(new byte[2], Token);
                await cancelling;
                bool received = await waiting.ContinueWith(task => task.IsCompletedSuccessfully, Token, TaskContinuationOptions.None, TaskScheduler.Default);
                using DescriptorMessage? message = received ? await waiting : await receiver.ReceiveAsync(new byte[5], 0, Token);
                Assert.Equal(2, message!.Length);
            }
        }
    }

    [Fact]
    public async Task A_send_waits_while_the_queue_is_full_and_goes_on_when_the_peer_reads()
    {
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        using (sender)
        using (receiver)
        {
            (int queued, Task waiting) = await FillAsync(sender, Token);
            byte[] buffer = new byte[Big.Length];
            for (int received = 0; received < queued + 1; received++)
            {
                (await receiver.ReceiveAsync(buffer, 0, Token))!.Dispose();
            }

            await waiting;
        }
    }

    [Fact]
    public async Task A_cancelled_send_sends_nothing()
    {
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        using (receiver)
        {
            using CancellationTokenSource cancellation = new();
            (int queued, Task waiting) = await FillAsync(sender, cancellation.Token);
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            sender.Dispose();
            byte[] buffer = new byte[Big.Length];
            for (int received = 0; received < queued; received++)
            {
                (await receiver.ReceiveAsync(buffer, 0, Token))!.Dispose();
            }

            Assert.Null(await receiver.ReceiveAsync(buffer, 0, Token));
        }
    }

    [Fact]
    public async Task One_socket_can_wait_for_both_directions()
    {
        (DescriptorSocket one, DescriptorSocket other) = DescriptorSocket.CreatePair();
        using (one)
        using (other)
        {
            Task<DescriptorMessage?> receiving = one.ReceiveAsync(new byte[5], 0, Token).AsTask();
            (int queued, Task sending) = await FillAsync(one, Token);
            Assert.Equal(2, DescriptorReactor.Shared.PendingWaits);
            await other.SendAsync(new byte[4], Token);
            using DescriptorMessage? message = await receiving;
            Assert.Equal(4, message!.Length);
            byte[] buffer = new byte[Big.Length];
            for (int received = 0; received < queued + 1; received++)
            {
                (await other.ReceiveAsync(buffer, 0, Token))!.Dispose();
            }

            await sending;
        }
    }

    [Fact]
    public async Task Disposing_a_socket_ends_its_waits()
    {
        (DescriptorSocket one, DescriptorSocket other) = DescriptorSocket.CreatePair();
        using (other)
        {
            Task<DescriptorMessage?> receiving = one.ReceiveAsync(new byte[5], 0, Token).AsTask();
            one.Dispose();
            one.Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => receiving);
            await Assert.ThrowsAsync<ObjectDisposedException>(() => one.ReceiveAsync(new byte[5], 0, Token).AsTask());
            await Assert.ThrowsAsync<ObjectDisposedException>(() => one.SendAsync(new byte[5], Token).AsTask());
            Assert.Null(await other.ReceiveAsync(new byte[5], 0, Token)); // no duplicate keeps the connection open
        }
    }

    [Fact]
    public async Task The_end_of_the_peer_ends_a_wait_of_either_kind()
    {
        (DescriptorSocket one, DescriptorSocket other) = DescriptorSocket.CreatePair();
        using (one)
        {
            Task<DescriptorMessage?> receiving = one.ReceiveAsync(new byte[5], 0, Token).AsTask();
            (_, Task sending) = await FillAsync(one, Token);
            other.Dispose();
            DmaBufException lost = await Assert.ThrowsAsync<DmaBufException>(() => sending);
            Assert.Contains(lost.Errno, new[] { Errno.EPIPE, Errno.ECONNRESET });
            // The peer went without reading: the kernel says so once, to whichever call comes first.
            Exception? end = await Record.ExceptionAsync(() => receiving);
            Assert.True(end is null or DmaBufException { Errno: Errno.ECONNRESET });
        }
    }

    private static async Task<(int Queued, Task Waiting)> FillAsync(DescriptorSocket sender, CancellationToken cancellationToken)
    {
        for (int queued = 0; ; queued++)
        {
            Task sending = sender.SendAsync(Big, cancellationToken).AsTask();
            if (!sending.IsCompleted)
            {
                return (queued, sending);
            }

            await sending;
        }
    }
}
