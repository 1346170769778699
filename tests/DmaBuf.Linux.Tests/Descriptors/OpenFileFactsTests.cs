using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests;

public sealed class OpenFileFactsTests : LeakCheckedTest
{
    [Fact]
    public void A_memory_file_is_known_by_kind_name_and_size()
    {
        using MemoryFile file = MemoryFile.Create(TestMemory + " facts", 5000);
        OpenFileFacts facts = OpenFileFacts.Of(file.Descriptor);
        Assert.Equal(OpenFileKind.MemoryFile, facts.Kind);
        Assert.Equal(5000UL, facts.Length);
        Assert.Equal((ulong)Environment.SystemPageSize, facts.PageSize);
        Assert.Equal("/memfd:dmabuf-test facts (deleted)", facts.Link);
        Assert.True(facts.BlocksExist);
    }

    [Fact]
    public void Two_descriptors_of_one_file_have_one_identity_and_two_files_have_two()
    {
        using MemoryFile one = MemoryFile.Create(TestMemory, 1);
        using MemoryFile other = MemoryFile.Create(TestMemory, 1);
        using SafeFileHandle again = Libc.fcntl_duplicate(one.Descriptor, Libc.F_DUPFD_CLOEXEC, 0);
        Assert.Equal(DescriptorIdentity.Of(one.Descriptor), DescriptorIdentity.Of(again));
        Assert.NotEqual(DescriptorIdentity.Of(one.Descriptor), DescriptorIdentity.Of(other.Descriptor));
    }

    [Fact]
    public void Files_of_a_disk_directories_pipes_and_devices_are_told_apart()
    {
        using SafeFileHandle regular = File.OpenHandle(typeof(OpenFileFactsTests).Assembly.Location);
        using SafeFileHandle directory = Libc.open("/", Libc.O_RDONLY | Libc.O_CLOEXEC);
        using SafeFileHandle device = File.OpenHandle("/dev/null");
        using SafeFileHandle socket = SocketCalls.Create();
        using AnonymousPipeServerStream pipe = new();
        Assert.Equal(OpenFileKind.RegularFile, OpenFileFacts.Of(regular).Kind);
        Assert.Equal(OpenFileKind.Directory, OpenFileFacts.Of(directory).Kind);
        Assert.Equal(OpenFileKind.Device, OpenFileFacts.Of(device).Kind);
        Assert.Equal(OpenFileKind.Socket, OpenFileFacts.Of(socket).Kind);
        Assert.Equal(OpenFileKind.Pipe, OpenFileFacts.Of(pipe.SafePipeHandle).Kind);
    }

    [Theory]
    [InlineData("/dmabuf:", OpenFileKind.DmaBuffer)]
    [InlineData("/dmabuf:camera", OpenFileKind.DmaBuffer)]
    [InlineData("anon_inode:[eventfd]", OpenFileKind.Other)]
    public void Kinds_that_this_machine_may_not_have_are_known_by_their_link(string link, OpenFileKind kind) =>
        Assert.Equal(kind, OpenFileFacts.KindOf(0, 0x09041934, link));

    [Fact]
    public void A_kernel_dma_buf_is_no_regular_file_although_its_inode_says_so() =>
        Assert.Equal(OpenFileKind.DmaBuffer, OpenFileFacts.KindOf(Libc.S_IFREG, 0x444d4142, "/dmabuf:"));

    [Fact]
    public void A_file_of_another_file_system_cannot_pass_as_memory_by_its_name() =>
        Assert.Equal(OpenFileKind.RegularFile, OpenFileFacts.KindOf(Libc.S_IFREG, 0xef53, "/memfd:x (deleted)"));

    [Fact]
    public void A_handle_that_is_no_descriptor_is_EBADF()
    {
        using SafeFileHandle none = new(-1, ownsHandle: false);
        Refused(Errno.EBADF, () => OpenFileFacts.Of(none));
        Assert.Throws<ArgumentNullException>(() => OpenFileFacts.Of(null!));
        Assert.Throws<ArgumentNullException>(() => DescriptorIdentity.Of(null!));
    }

    [Fact]
    public void A_closed_handle_is_refused()
    {
        SafeFileHandle closed = File.OpenHandle("/dev/null");
        closed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => OpenFileFacts.Of(closed));
    }
}
