namespace DmaBuf.Linux.Tests;

/// <summary>The same with iommufd: memory files and BARs go in by descriptor, and nothing else does.</summary>
[LabMachine(LabMachines.IommuFd)]
public sealed class IommuFdMatrixTests : LeakCheckedTest
{
    [Fact]
    public void Every_pair_of_memory_and_iommufd_is_as_foretold()
    {
        MatrixPairs matrix = new();
        matrix.Verified("memfd", "iommufd", "Descriptor", isWholeName: true);
        matrix.Verified(DevicesMatrixTests.Peer, "iommufd", "Descriptor");
        matrix.Declined("heap system", "iommufd", "kernel exporter", "EOPNOTSUPP of the kernel");
        matrix.Declined("udmabuf", "iommufd", "kernel exporter", "EOPNOTSUPP of the kernel");
        matrix.Declined(DevicesMatrixTests.Peer, "vgem card", "memory", "EOPNOTSUPP of the kernel");
    }
}
