using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests;

public sealed class DescriptorReactorTests : LeakCheckedTest
{
    [Fact]
    public async Task Many_waits_end_each_by_its_own_event()
    {
        (SafeFileHandle From, SafeFileHandle To)[] pairs = [.. Enumerable.Range(0, 200).Select(_ => SocketCalls.CreatePair())];
        Task[] waits = [.. pairs.Select(pair => DescriptorReactor.Shared.WaitUntilReadableAsync(pair.To, Token))];
        Assert.Equal(pairs.Length, DescriptorReactor.Shared.PendingWaits);
        for (int index = pairs.Length - 1; index >= 0; index--)
        {
            Assert.False(waits[index].IsCompleted);
            Assert.True(SocketCalls.TrySend(pairs[index].From, [1], []));
            await waits[index];
            Assert.Equal(index, DescriptorReactor.Shared.PendingWaits);
        }
        foreach ((SafeFileHandle from, SafeFileHandle to) in pairs)
        {
            from.Dispose();
            to.Dispose();
        }
    }

    [Fact]
    public async Task A_file_that_is_always_ready_cannot_be_waited_on()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 1);
        DmaBufException refusal = await RefusedAsync(Errno.EPERM, () => DescriptorReactor.Shared.WaitUntilReadableAsync(file.Descriptor, Token));
        Assert.Contains("always ready", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_cancelled_already_begins_no_wait()
    {
        (SafeFileHandle from, SafeFileHandle to) = SocketCalls.CreatePair();
        using (from)
        using (to)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DescriptorReactor.Shared.WaitUntilReadableAsync(to, new CancellationToken(canceled: true)));
        }
    }

    [Fact]
    public async Task A_table_without_room_for_the_duplicate_is_EMFILE()
    {
        (SafeFileHandle from, SafeFileHandle to) = SocketCalls.CreatePair();
        using (from)
        using (to)
        {
            Task waiting;
            using (DescriptorLimit limit = DescriptorLimit.NoneMore())
            {
                waiting = DescriptorReactor.Shared.WaitUntilReadableAsync(to, Token);
            }

            await RefusedAsync(Errno.EMFILE, () => waiting);
        }
    }
}
