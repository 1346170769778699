namespace DmaBuf.Linux.Tests;

/// <summary>What the machine <c>buffers</c> promises.</summary>
[LabMachine(LabMachines.Buffers)]
public sealed class BuffersMachineTests : LabMachineTests
{
    [Fact]
    public void The_virtual_graphics_card_has_a_render_node() => Assert.Contains("virtio_gpu", DrmDrivers("renderD"));

    [Fact]
    public void There_is_no_iommu() => Assert.Empty(Directory.GetDirectories("/sys/class/iommu"));
}
