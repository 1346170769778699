namespace DmaBuf.Linux.Tests.IommuFd;

/// <summary>The lab's devices in one address space of iommufd, enabled.</summary>
internal sealed class IommuFdLab : IDisposable
{
    private readonly List<IDisposable> _opened = [];

    internal IommuFdLab()
    {
        Tree = PciTree.Read();
        Context = Keep(IommuFdContext.Open());
        Space = Keep(Context.CreateAddressSpace());
    }

    internal PciTree Tree { get; }

    internal IommuFdContext Context { get; }

    internal IommuFdAddressSpace Space { get; }

    internal async Task<VfioDevice> OpenAsync(Func<PciTree, SysfsPciDevice> which)
    {
        VfioDevice device = Keep(Context.OpenDevice(which(Tree)));
        device.AttachTo(Space);
        await device.EnableAsync(TestContext.Current.CancellationToken);
        return device;
    }

    internal T Keep<T>(T opened)
        where T : IDisposable
    {
        _opened.Add(opened);
        return opened;
    }

    public void Dispose()
    {
        foreach (IDisposable one in Enumerable.Reverse(_opened))
        {
            one.Dispose();
        }
    }
}
