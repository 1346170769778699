using DmaBuf.Linux.Tests.Pci;

namespace DmaBuf.Linux.Tests.Vfio;

/// <summary>Writes to a configuration space that would take the BARs away behind everybody's back.</summary>
public sealed class VfioConfigGuardTests
{
    private static readonly VfioConfigGuard s_guard = Guard();

    [Theory]
    [InlineData(0x04, new byte[] { 0x05 }, "DisableMemoryAsync")]
    [InlineData(0x02, new byte[] { 0, 0, 0x04, 0 }, "DisableMemoryAsync")]
    [InlineData(0x48, new byte[] { 0, 0x80 }, "ResetAsync")]
    [InlineData(0x54, new byte[] { 0x03, 0 }, "sleep")]
    [InlineData(0x64, new byte[] { 0x01 }, "ResetAsync")]
    public void Are_refused_and_name_the_method_to_use(int offset, byte[] bytes, string remedy)
    {
        DmaBufException refused = Assert.Throws<DmaBufException>(() => s_guard.RequireHarmless((ulong)offset, bytes));
        Assert.Equal(Errno.EPERM, refused.Errno);
        Assert.Contains(remedy, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x04, new byte[] { 0x06, 0x04 })]
    [InlineData(0x05, new byte[] { 0x00 })]
    [InlineData(0x0C, new byte[] { 0x00 })]
    [InlineData(0x48, new byte[] { 0xFF, 0x7F })]
    [InlineData(0x54, new byte[] { 0x08, 0x80 })]
    public void Others_pass(int offset, byte[] bytes) => s_guard.RequireHarmless((ulong)offset, bytes);

    private static VfioConfigGuard Guard()
    {
        byte[] config = SysfsFixture.Express(0);
        config[0x41] = 0x50;
        config[0x50] = PciConfigSpace.PowerManagement;
        config[0x51] = 0x60;
        config[0x60] = PciConfigSpace.AdvancedFeatures;
        return new VfioConfigGuard(new PciConfigSpace(config[..256]), "a device");
    }
}
