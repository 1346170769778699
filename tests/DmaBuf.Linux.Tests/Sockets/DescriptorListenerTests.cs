using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests;

public sealed class DescriptorListenerTests : LeakCheckedTest, IClassFixture<SocketDirectory>
{
    private readonly SocketDirectory _directory;
    private readonly string _path;

    public DescriptorListenerTests(SocketDirectory directory)
    {
        _directory = directory;
        _path = directory.NewPath();
    }

    [Fact]
    public async Task A_connection_by_path_carries_messages_both_ways()
    {
        using DescriptorListener listener = DescriptorListener.Listen(_path);
        await TalkAsync(listener, _path);
    }

    [Fact]
    public async Task A_connection_by_name_needs_no_file()
    {
        string name = $"@dmabuf-test-{Environment.ProcessId}";
        using (DescriptorListener listener = DescriptorListener.Listen(name))
        {
            Refused(Errno.EADDRINUSE, () => DescriptorListener.Listen(name));
            await TalkAsync(listener, name);
        }
        Refused(Errno.ECONNREFUSED, () => DescriptorSocket.Connect(name));
    }

    [Fact]
    public async Task A_relative_path_is_taken_as_it_is()
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, _path);
        using DescriptorListener listener = DescriptorListener.Listen(relative);
        Assert.True(File.Exists(_path));
        await TalkAsync(listener, _path);
    }

    [Fact]
    public void The_file_is_for_its_owner_only_and_goes_with_the_listener()
    {
        DescriptorListener listener = DescriptorListener.Listen(_path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_path));
        Assert.Equal([_path], _directory.Files());
        listener.Dispose();
        listener.Dispose();
        Assert.Empty(_directory.Files());
    }

    [Fact]
    public async Task A_file_that_a_dead_process_left_is_replaced()
    {
        LeaveStaleSocket();
        Refused(Errno.ECONNREFUSED, () => DescriptorSocket.Connect(_path));
        using DescriptorListener listener = DescriptorListener.Listen(_path);
        await TalkAsync(listener, _path);
        Assert.Equal([_path], _directory.Files());
    }

    [Fact]
    public async Task A_living_listener_is_left_alone()
    {
        using DescriptorListener living = DescriptorListener.Listen(_path);
        DmaBufException refusal = Refused(Errno.EADDRINUSE, () => DescriptorListener.Listen(_path));
        Assert.Contains("Somebody listens there", refusal.Message, StringComparison.Ordinal);
        using DescriptorSocket probe = await living.AcceptAsync(Token); // asking whether somebody listens is a connection that ends at once
        Assert.Null(await probe.ReceiveAsync(new byte[1], 0, Token));
        await TalkAsync(living, _path);
    }

    [Fact]
    public void A_living_listener_of_another_type_is_left_alone()
    {
        const int streamType = 1;
        using SafeFileHandle stream = Libc.socket(Libc.AF_UNIX, streamType | Libc.SOCK_CLOEXEC, 0);
        ListenerCalls.BindAndListen(stream, new SocketAddress(_path), 1, "the test");
        Refused(Errno.EPROTOTYPE, () => DescriptorSocket.Connect(_path));
        Refused(Errno.EADDRINUSE, () => DescriptorListener.Listen(_path));
        Assert.Equal([_path], _directory.Files());
    }

    [Fact]
    public void Of_many_successors_of_a_dead_listener_exactly_one_wins_and_is_reached()
    {
        for (int round = 0; round < 20; round++)
        {
            LeaveStaleSocket();
            DescriptorListener?[] winners = new DescriptorListener?[6];
            Parallel.For(0, winners.Length, index =>
            {
                Exception? refusal = Record.Exception(() => winners[index] = DescriptorListener.Listen(_path));
                Assert.True(refusal is null or DmaBufException { Errno: Errno.EADDRINUSE or Errno.EBUSY }, refusal?.ToString());
            });
            using DescriptorListener winner = Assert.Single(winners.OfType<DescriptorListener>());
            DescriptorSocket.Connect(_path).Dispose();
            Assert.Equal([_path], _directory.Files());
        }
    }

    [Fact]
    public void Files_directories_and_links_at_the_path_are_left_alone()
    {
        File.WriteAllText(_path, "precious");
        Refused(Errno.EEXIST, () => DescriptorListener.Listen(_path));
        Assert.Equal("precious", File.ReadAllText(_path));
        File.Delete(_path);

        File.CreateSymbolicLink(_path, "/nowhere");
        Refused(Errno.EEXIST, () => DescriptorListener.Listen(_path));
        Assert.Equal("/nowhere", new FileInfo(_path).LinkTarget);
        File.Delete(_path);

        Directory.CreateDirectory(_path);
        Refused(Errno.EEXIST, () => DescriptorListener.Listen(_path));
        Directory.Delete(_path);
        Assert.Empty(_directory.Files());
    }

    [Fact]
    public void A_file_that_took_the_listeners_place_is_not_removed()
    {
        DescriptorListener listener = DescriptorListener.Listen(_path);
        File.Delete(_path);
        using DescriptorListener successor = DescriptorListener.Listen(_path);
        listener.Dispose();
        Assert.Equal([_path], _directory.Files());
    }

    [Fact]
    public void Addresses_that_are_none_are_refused_with_a_remedy()
    {
        string longest = "/" + new string('p', SocketAddress.MaximumBytes - 1);
        DmaBufException refusal = Refused(Errno.ENAMETOOLONG, () => DescriptorListener.Listen(longest + "p"));
        Assert.Contains("@name", refusal.Message, StringComparison.Ordinal);
        Refused(Errno.ENAMETOOLONG, () => DescriptorSocket.Connect("@" + longest + "p"));
        Refused(Errno.ENAMETOOLONG, () => DescriptorSocket.Connect(new string('ü', 54)));
        Refused(Errno.ENOENT, () => DescriptorSocket.Connect(longest));
        Refused(Errno.ECONNREFUSED, () => DescriptorSocket.Connect("@" + longest));
        foreach (string none in new[] { "", "@", "a\0b" })
        {
            Refused(Errno.EINVAL, () => DescriptorListener.Listen(none));
            Refused(Errno.EINVAL, () => DescriptorSocket.Connect(none));
        }
        Refused(Errno.EINVAL, () => DescriptorListener.Listen(_path, 0));
        Refused(Errno.ENOENT, () => DescriptorListener.Listen(_path + "/no/directory"));
        Assert.Throws<ArgumentNullException>(() => DescriptorListener.Listen(null!));
        Assert.Throws<ArgumentNullException>(() => DescriptorSocket.Connect(null!));
    }

    [Fact]
    public void The_longest_path_works_as_the_shortest_does()
    {
        string longest = _path + new string('l', SocketAddress.MaximumBytes - _path.Length);
        using DescriptorListener listener = DescriptorListener.Listen(longest);
        DescriptorSocket.Connect(longest).Dispose();
    }

    [Fact]
    public void A_full_queue_is_told_at_once()
    {
        using DescriptorListener listener = DescriptorListener.Listen(_path, backlog: 1);
        List<DescriptorSocket> waiting = [];
        DmaBufException? refusal = null;
        while (refusal is null && waiting.Count < 10)
        {
            refusal = Record.Exception(() => waiting.Add(DescriptorSocket.Connect(_path))) as DmaBufException;
        }
        Assert.Equal(Errno.EAGAIN, refusal!.Errno);
        waiting.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task Cancelling_an_accept_leaves_the_next_connection_waiting()
    {
        using DescriptorListener listener = DescriptorListener.Listen(_path);
        using CancellationTokenSource cancellation = new();
        Task<DescriptorSocket> waiting = listener.AcceptAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await TalkAsync(listener, _path);
    }

    [Fact]
    public async Task Disposing_a_listener_ends_its_accepts()
    {
        DescriptorListener listener = DescriptorListener.Listen(_path);
        Task<DescriptorSocket> waiting = listener.AcceptAsync(Token).AsTask();
        listener.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => listener.AcceptAsync(Token).AsTask());
        Refused(Errno.ENOENT, () => DescriptorSocket.Connect(_path));
    }

    private static async Task TalkAsync(DescriptorListener listener, string address)
    {
        Task<DescriptorSocket> accepting = listener.AcceptAsync(Token).AsTask();
        using DescriptorSocket client = DescriptorSocket.Connect(address);
        using DescriptorSocket server = await accepting;
        Assert.Equal(Environment.ProcessId, server.Peer.ProcessId);
        Assert.Equal(Environment.ProcessId, client.Peer.ProcessId);
        byte[] buffer = new byte[1];
        await client.SendAsync(new byte[] { 1 }, Token);
        (await server.ReceiveAsync(buffer, 0, Token))!.Dispose();
        Assert.Equal(1, buffer[0]);
        await server.SendAsync(new byte[] { 2 }, Token);
        (await client.ReceiveAsync(buffer, 0, Token))!.Dispose();
        Assert.Equal(2, buffer[0]);
    }

    private void LeaveStaleSocket()
    {
        using SafeFileHandle dead = SocketCalls.Create();
        ListenerCalls.BindAndListen(dead, new SocketAddress(_path), 1, "the test");
    }

    [Theory]
    [InlineData(105)]
    [InlineData(107)]
    public async Task A_path_may_be_as_long_as_the_kernel_takes_however_short_its_last_part(int bytes)
    {
        DirectoryInfo parent = Directory.CreateTempSubdirectory("d");
        try
        {
            string path = Path.Join(parent.CreateSubdirectory(new string('d', bytes - parent.FullName.Length - 3)).FullName, "s");
            Assert.Equal(bytes, path.Length);
            using (DescriptorListener listener = DescriptorListener.Listen(path))
            using (DescriptorSocket client = DescriptorSocket.Connect(path))
            using (DescriptorSocket server = await listener.AcceptAsync(Token))
            {
                Assert.Equal([path], Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!));
            }

            Assert.Empty(Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!));
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }

    [Fact]
    public void An_error_names_the_path_that_was_asked_for()
    {
        string path = Path.Join(Path.GetTempPath(), "dmabuf-test-no-such-directory", "s");
        Assert.Contains($"\"{path}\"", Refused(Errno.ENOENT, () => DescriptorListener.Listen(path)).Message, StringComparison.Ordinal);
    }
}
