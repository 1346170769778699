namespace DmaBuf.Linux.Tests;

public sealed class SyncFileInfoTests : LeakCheckedTest
{
    [Theory]
    [InlineData(1, SyncStatus.Signaled, Errno.None)]
    [InlineData(0, SyncStatus.Active, Errno.None)]
    [InlineData(-110, SyncStatus.Failed, Errno.ETIMEDOUT)]
    public void A_status_of_the_kernel_is_an_end_and_its_error(int number, SyncStatus status, Errno error) =>
        Assert.Equal((status, error), SyncFileInfo.StatusOf(number));
}
