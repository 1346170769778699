using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests;

public sealed class DescriptorSocketTests : LeakCheckedTest
{
    private static readonly byte[] Hello = "hello"u8.ToArray();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(DescriptorSocket.MaximumDescriptors)]
    public async Task A_message_arrives_with_its_bytes_and_its_descriptors(int count)
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 1);
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        using (sender)
        using (receiver)
        {
            await sender.SendAsync(Hello, [.. Enumerable.Repeat(file.Descriptor, count)], Token);
            byte[] buffer = new byte[100];
            using DescriptorMessage? message = await receiver.ReceiveAsync(buffer, count, Token);
            Assert.Equal(Hello, buffer[..message!.Length]);
            message.RequireDescriptors(count);
            for (int index = 0; index < count; index++)
            {
                using SafeFileHandle received = message.TakeDescriptor(index);
                Assert.Equal(file.Facts.Identity, DescriptorIdentity.Of(received));
            }
        }
    }

    [Fact]
    public async Task Received_descriptors_close_on_exec()
    {
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        using (sender)
        using (receiver)
        using (MemoryFile file = MemoryFile.Create(TestMemory, 1))
        {
            await sender.SendAsync(Hello, [file.Descriptor], Token);
            using DescriptorMessage? message = await receiver.ReceiveAsync(new byte[5], 1, Token);
            using SafeFileHandle received = message!.TakeDescriptor(0);
            string flags = File.ReadLines($"/proc/self/fdinfo/{received.DangerousGetHandle()}").Single(line => line.StartsWith("flags:", StringComparison.Ordinal));
            Assert.NotEqual(0, Convert.ToInt32(flags.Split('\t')[1], 8) & Libc.O_CLOEXEC);
        }
    }

    [Fact]
    public async Task Messages_keep_their_order_their_bounds_and_their_descriptors()
    {
        using MemoryFile one = MemoryFile.Create(TestMemory, 1);
        using MemoryFile other = MemoryFile.Create(TestMemory, 1);
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        using (sender)
        using (receiver)
        {
            await sender.SendAsync(new byte[1], [one.Descriptor], Token);
            await sender.SendAsync(new byte[2], Token);
            await sender.SendAsync(new byte[DescriptorSocket.MaximumMessageBytes], [other.Descriptor], Token);
            byte[] buffer = new byte[DescriptorSocket.MaximumMessageBytes];
            using DescriptorMessage? first = await receiver.ReceiveAsync(buffer, 9, Token);
            using DescriptorMessage? second = await receiver.ReceiveAsync(buffer, 9, Token);
            using DescriptorMessage? third = await receiver.ReceiveAsync(buffer, 9, Token);
            Assert.Equal([1, 2, DescriptorSocket.MaximumMessageBytes], new[] { first!.Length, second!.Length, third!.Length });
            Assert.Equal([1, 0, 1], new[] { first.DescriptorCount, second.DescriptorCount, third.DescriptorCount });
            using SafeFileHandle received = third.TakeDescriptor(0);
            Assert.Equal(other.Facts.Identity, DescriptorIdentity.Of(received));
        }
    }

    [Fact]
    public async Task Bad_messages_are_refused_before_anything_is_sent()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 1);
        using SafeFileHandle none = new(-1, ownsHandle: false);
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        SafeHandle[] tooMany = [.. Enumerable.Repeat(file.Descriptor, DescriptorSocket.MaximumDescriptors + 1)];
        using (receiver)
        {
            await RefusedAsync(Errno.EINVAL, () => sender.SendAsync(default, Token).AsTask());
            await RefusedAsync(Errno.EMSGSIZE, () => sender.SendAsync(new byte[DescriptorSocket.MaximumMessageBytes + 1], Token).AsTask());
            await RefusedAsync(Errno.E2BIG, () => sender.SendAsync(Hello, tooMany, Token).AsTask());
            await RefusedAsync(Errno.EBADF, () => sender.SendAsync(Hello, [file.Descriptor, none], Token).AsTask());
            await Assert.ThrowsAsync<ArgumentNullException>(() => sender.SendAsync(Hello, null!, Token).AsTask());
            await Assert.ThrowsAsync<ArgumentNullException>(() => sender.SendAsync(Hello, [null!], Token).AsTask());
            sender.Dispose();
            Assert.Null(await receiver.ReceiveAsync(new byte[1], 0, Token));
        }
        Assert.False(file.Descriptor.IsClosed);
    }

    [Fact]
    public async Task A_disposed_descriptor_is_refused_and_the_others_are_let_go()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 1);
        MemoryFile disposed = MemoryFile.Create(TestMemory, 1);
        disposed.Dispose();
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        using (sender)
        using (receiver)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => sender.SendAsync(Hello, [file.Descriptor, disposed.Descriptor], Token).AsTask());
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(DescriptorSocket.MaximumDescriptors, 252)]
    public async Task More_descriptors_than_allowed_are_closed_and_the_connection_goes_on(int sent, int allowed)
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 1);
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        using (sender)
        using (receiver)
        {
            await sender.SendAsync(Hello, [.. Enumerable.Repeat(file.Descriptor, sent)], Token);
            await sender.SendAsync(Hello, Token);
            await RefusedAsync(Errno.EPROTO, () => receiver.ReceiveAsync(new byte[100], allowed, Token).AsTask());
            using DescriptorMessage? next = await receiver.ReceiveAsync(new byte[100], allowed, Token);
            Assert.Equal(0, next!.DescriptorCount);
        }
    }

    [Fact]
    public async Task A_message_longer_than_the_buffer_is_dropped_with_its_descriptors()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 1);
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        using (sender)
        using (receiver)
        {
            await sender.SendAsync(Hello, [file.Descriptor], Token);
            await RefusedAsync(Errno.EMSGSIZE, () => receiver.ReceiveAsync(new byte[4], 1, Token).AsTask());
        }
    }

    [Fact]
    public void A_full_table_of_descriptors_is_told_apart_and_leaves_nothing_open()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 1);
        (SafeFileHandle from, SafeFileHandle to) = SocketCalls.CreatePair();
        using (from)
        using (to)
        {
            Assert.True(SocketCalls.TrySend(from, Hello, [file.Descriptor, file.Descriptor, file.Descriptor]));
            DmaBufException refusal = Assert.Throws<DmaBufException>(() =>
            {
                using DescriptorLimit limit = DescriptorLimit.NoneMore();
                SocketCalls.TryReceive(to, new byte[5], 3, out _);
            });
            Assert.Equal(Errno.EMFILE, refusal.Errno);
        }
    }

    [Fact]
    public async Task An_empty_message_with_descriptors_is_refused()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 1);
        (SafeFileHandle from, SafeFileHandle to) = SocketCalls.CreatePair();
        using DescriptorSocket receiver = new(to);
        using (from)
        {
            Assert.True(SocketCalls.TrySend(from, [], [file.Descriptor]));
            await RefusedAsync(Errno.EPROTO, () => receiver.ReceiveAsync(new byte[5], 1, Token).AsTask());
        }
    }

    [Fact]
    public async Task The_end_of_the_peer_comes_after_what_it_sent()
    {
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        using (receiver)
        {
            await sender.SendAsync(Hello, Token);
            sender.Dispose();
            using DescriptorMessage? message = await receiver.ReceiveAsync(new byte[5], 0, Token);
            Assert.NotNull(message);
            Assert.Null(await receiver.ReceiveAsync(new byte[5], 0, Token));
            Assert.Null(await receiver.ReceiveAsync(new byte[5], 0, Token));
            await RefusedAsync(Errno.EPIPE, () => receiver.SendAsync(Hello, Token).AsTask());
        }
    }

    [Fact]
    public async Task Descriptors_that_nobody_takes_or_receives_are_closed()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory, 1);
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        using (sender)
        using (receiver)
        {
            await sender.SendAsync(Hello, [file.Descriptor, file.Descriptor], Token);
            await sender.SendAsync(Hello, [file.Descriptor], Token); // still in flight at the end
            using DescriptorMessage? message = await receiver.ReceiveAsync(new byte[5], 2, Token);
            message!.TakeDescriptor(1).Dispose();
            Refused(Errno.EINVAL, () => message.TakeDescriptor(1));
            Refused(Errno.EINVAL, () => message.TakeDescriptor(2));
            Refused(Errno.EINVAL, () => message.TakeDescriptor(-1));
            Refused(Errno.EPROTO, () => message.RequireDescriptors(1));
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, -1)]
    [InlineData(1, DescriptorSocket.MaximumDescriptors + 1)]
    public async Task Bad_receives_are_refused(int bytes, int descriptors)
    {
        (DescriptorSocket sender, DescriptorSocket receiver) = DescriptorSocket.CreatePair();
        using (sender)
        using (receiver)
        {
            await RefusedAsync(Errno.EINVAL, () => receiver.ReceiveAsync(new byte[bytes], descriptors, Token).AsTask());
        }
    }

    [Fact]
    public void The_kernel_says_who_the_peer_is()
    {
        (DescriptorSocket one, DescriptorSocket other) = DescriptorSocket.CreatePair();
        using (one)
        using (other)
        {
            Assert.Equal(Environment.ProcessId, one.Peer.ProcessId);
            Assert.Equal(EffectiveId("Uid:"), one.Peer.UserId);
            Assert.Equal(EffectiveId("Gid:"), one.Peer.GroupId);
        }
        Assert.Throws<ObjectDisposedException>(() => one.Peer);
    }

    private static uint EffectiveId(string name) => uint.Parse(
        File.ReadLines("/proc/self/status").Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split('\t')[2], CultureInfo.InvariantCulture);
}
