namespace DmaBuf.Linux.Tests;

/// <summary>The same with an IOMMU and a DMA engine (edu): what VFIO type 1 can pin is moved by DMA, and a peer's BAR is no RAM.</summary>
[LabMachine(LabMachines.Devices)]
public sealed class DevicesMatrixTests : LeakCheckedTest
{
    internal const string Peer = "0000:01:00.0 BAR 2";

    [Fact]
    public void Every_pair_of_memory_and_the_IOMMU_is_as_foretold()
    {
        string byCpu = BuffersLab.NameOf(BuffersLab.ByCpu);
        string contiguous = BuffersLab.NameOf(BuffersLab.Contiguous);
        MatrixPairs matrix = new();
        matrix.Verified("memfd", "vfio type 1", "Descriptor", isWholeName: true);
        matrix.Verified(byCpu, "vfio type 1", "Descriptor");
        matrix.Declined("heap system", "vfio type 1", "pinnable by address", "EFAULT of the kernel");
        matrix.Declined("udmabuf", "vfio type 1", "pinnable by address", "EFAULT of the kernel");
        matrix.Declined("vgem card", "vfio type 1", "pinnable by address", "EFAULT of the kernel");
        matrix.Declined(contiguous, "vfio type 1", "pinnable by address", "EFAULT of the kernel");
        matrix.Declined(Peer, "vgem card", "memory", "EOPNOTSUPP of the kernel");
        matrix.Declined(Peer, "vfio type 1", "memory", "EINVAL of the kernel");
        matrix.Verified(Peer, "CPU writer", "Cpu");
    }
}
