namespace DmaBuf.Linux.Tests;

/// <summary>Each test leaves the process as it found it: descriptors, mappings of test memory, waits of the reactor.</summary>
public abstract class LeakCheckedTest : IDisposable
{
    /// <summary>Memory made by tests is named so; the runtime has mappings of its own, which come and go.</summary>
    protected const string TestMemory = "dmabuf-test";

    private readonly ProcessResources _before;

    protected LeakCheckedTest()
    {
        _ = DescriptorReactor.Shared; // its epoll is made once and stays
        _before = ProcessResources.Read();
    }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Assert.Equal(0, DescriptorReactor.Shared.PendingWaits);
        ProcessResources after = ProcessResources.Read();
        Assert.Equal(_before.Descriptors, after.Descriptors);
        Assert.Equal(_before.Mappings, after.Mappings);
    }

    protected static DmaBufException Refused(Errno errno, Action action)
    {
        DmaBufException refusal = Assert.Throws<DmaBufException>(action);
        Assert.Equal(errno, refusal.Errno);
        return refusal;
    }

    protected static async Task<DmaBufException> RefusedAsync(Errno errno, Func<Task> action)
    {
        DmaBufException refusal = await Assert.ThrowsAsync<DmaBufException>(action);
        Assert.Equal(errno, refusal.Errno);
        return refusal;
    }
}
