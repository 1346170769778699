namespace DmaBuf.Tool.Tests;

/// <summary>What the commands say of processes that they could not look into.</summary>
public sealed class HiddenNotesTests
{
    [Theory]
    [InlineData(Errno.EACCES, false, "hidden: 2 of 9 processes belong to other users (EACCES); run as root to see what they hold")]
    [InlineData(Errno.EIO, false, "hidden: 2 of 9 processes could not be read (EIO); run as root to see what they hold")]
    [InlineData(Errno.EIO, true, "hidden: 2 of 9 processes could not be read (EIO); they may have ended meanwhile")]
    public void The_remedy_is_one_that_the_user_does_not_have_yet(Errno errno, bool isRoot, string note) => Assert.Equal(note, HiddenNotes.OfProcesses(2, 9, errno, isRoot));

    [Theory]
    [InlineData(Errno.EACCES)]
    [InlineData(Errno.EPERM)]
    public void Root_that_is_refused_is_not_told_to_become_root(Errno errno)
    {
        string note = HiddenNotes.OfProcesses(2, 9, errno, isRoot: true);
        Assert.Contains("2 of 9 processes may not be read by this process", note, StringComparison.Ordinal);
        Assert.Contains("CAP_SYS_PTRACE", note, StringComparison.Ordinal);
        Assert.DoesNotContain("run as root", note, StringComparison.Ordinal);
    }
}
