namespace DmaBuf.Linux.Tests.Vfio;

/// <summary>The lab's devices behind one type 1 container, enabled.</summary>
internal sealed class LabDevices : IDisposable
{
    internal const ulong Page = 4096;
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private readonly List<IDisposable> _opened = [];

    internal LabDevices()
    {
        Tree = PciTree.Read();
        Container = Keep(VfioContainer.Open());
    }

    internal PciTree Tree { get; }

    internal VfioContainer Container { get; }

    /// <summary>The DMA engine on the root bus that belongs to vfio-pci.</summary>
    internal static SysfsPciDevice Edu(PciTree tree) => Assert.Single(tree.Find(0x1234, 0x11e8), device => device is { Upstream: null, Driver: "vfio-pci" });

    internal static SysfsPciDevice Nvme(PciTree tree) => Assert.Single(tree.Find(0x1b36, 0x0010));

    /// <summary>The memory of 4 MiB, alone behind its port.</summary>
    internal static SysfsPciDevice SharedMemory(PciTree tree) => Assert.Single(tree.Find(0x1af4, 0x1110), device => device.Bars.Any(bar => bar is { Index: 2, Length: 4 << 20 }));

    internal async Task<VfioDevice> OpenAsync(Func<PciTree, SysfsPciDevice> which)
    {
        SysfsPciDevice function = which(Tree);
        VfioGroup group = Keep(VfioGroup.Open(function));
        Container.Add(group);
        VfioDevice device = Keep(group.OpenDevice(function));
        await device.EnableAsync(TestContext.Current.CancellationToken);
        return device;
    }

    /// <summary>Maps for the edu device, whose addresses have 28 bits.</summary>
    internal VfioTypeOneImporter Importer() => new(Container, new IovaRangeAllocator(Container.ReadLimits(), Samples.Vfio.EduDevice.LastAddress));

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
