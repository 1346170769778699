namespace DmaBuf.SharedTests;

/// <summary>Buffers of the pages of files: which are taken, in which order, and that both show the same bytes.</summary>
public abstract class FileBufferTests : SharedTest<FileBufferSubject>
{
    private const ulong Page = DmaBuf.SharedTests.Subject.Page;
    private const ulong FileLength = 4 * Page;
    private const ulong Limit = 64UL << 20;

    [Fact]
    public void Parts_follow_each_other_also_the_same_page_twice()
    {
        Subject.MakeFile();
        Subject.MakeFile();
        Subject.Mark(0, 1, 11);
        Subject.Mark(1, 3, 13);
        using DmaBuffer buffer = Subject.Export((1, 3 * Page, Page), (0, 0, 2 * Page), (1, 3 * Page, Page));
        using IBufferUser user = Subject.Attach(buffer);
        Assert.Equal((13, 0, 11, 13), (At(user, 0), At(user, 1), At(user, 2), At(user, 3)));
        user.Write(0, [99]);
        Assert.Equal((99, 99), (At(user, 3), Subject.LookAt(1, 3)));
    }

    [Fact]
    public void Pages_outlive_their_closed_file()
    {
        Subject.MakeFile();
        Subject.Mark(0, 2, 42);
        using DmaBuffer buffer = Subject.Export((0, 0, FileLength));
        Subject.CloseFile(0);
        using IBufferUser user = Subject.Attach(buffer);
        Assert.Equal(42, At(user, 2));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void A_file_that_could_shrink_or_must_not_be_written_is_EINVAL(bool shrink, bool write)
    {
        Subject.MakeFile(shrink, write);
        Refused(Errno.EINVAL, () => Subject.Export((0, 0, Page)));
    }

    [Theory]
    [InlineData(1, Page)]
    [InlineData(0, Page - 1)]
    [InlineData(0, 0)]
    [InlineData(Page, FileLength)]
    [InlineData(FileLength, Page)]
    [InlineData(0, Limit + Page)]
    public void A_part_that_is_not_whole_pages_inside_the_file_is_EINVAL(ulong offset, ulong length)
    {
        Subject.MakeFile();
        Refused(Errno.EINVAL, () => Subject.Export((0, offset, length)));
        Refused(Errno.EINVAL, () => Subject.Export((0, 0, Page), (0, offset, length)));
    }

    [Fact]
    public void No_part_and_more_than_1024_are_EINVAL_and_1024_are_taken()
    {
        Subject.MakeFile();
        Refused(Errno.EINVAL, () => Subject.Export());
        Refused(Errno.EINVAL, () => Subject.Export([.. Enumerable.Repeat((0, 0UL, Page), 1025)]));
        using DmaBuffer buffer = Subject.Export([.. Enumerable.Repeat((0, 0UL, Page), 1024)]);
        Assert.Equal(1024 * Page, buffer.Size);
    }

    private static byte At(IBufferUser user, int page)
    {
        byte[] one = new byte[1];
        user.Read((ulong)page * Page, one);
        return one[0];
    }
}
