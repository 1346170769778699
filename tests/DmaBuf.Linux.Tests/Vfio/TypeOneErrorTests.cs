namespace DmaBuf.Linux.Tests.Vfio;

/// <summary>What the kernel refuses at a type 1 container: the errno, the operation, the object, and what to do.</summary>
[LabMachine(LabMachines.Devices)]
public sealed class TypeOneErrorTests : LeakCheckedTest
{
    private static readonly DmaAddress s_at = new(0x0800_0000);

    [Fact]
    public async Task Limits_tell_the_page_and_leave_the_interrupt_range_out()
    {
        using LabDevices lab = new();
        Refused(Errno.EINVAL, () => lab.Container.ReadLimits());
        await lab.OpenAsync(LabDevices.Edu);
        IovaLimits limits = lab.Container.ReadLimits();
        Assert.Equal(LabDevices.Page, limits.SmallestPage);
        Assert.NotEmpty(limits.Ranges);
        Assert.DoesNotContain(limits.Ranges, range => range.Start.Value <= 0xfee00000 && 0xfee00000 < range.Start.Value + range.Length);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_EEXIST_and_an_unaligned_or_reserved_one_EINVAL()
    {
        using LabDevices lab = new();
        await lab.OpenAsync(LabDevices.Edu);
        using MemoryFile file = MemoryFile.Create(TestMemory, 2 * LabDevices.Page);
        using MemoryMapping memory = file.Map(MemoryProtection.ReadWrite);
        using VfioDmaMapping mapping = lab.Container.Map(memory, 0, 2 * LabDevices.Page, s_at, DmaDirection.Bidirectional);
        DmaBufException overlap = Refused(Errno.EEXIST, () => Map(new DmaAddress(s_at.Value + LabDevices.Page), LabDevices.Page));
        Assert.Contains("[0x8001000, +0x1000)", overlap.Message, StringComparison.Ordinal);
        Assert.Contains("unmap it first", overlap.Message, StringComparison.Ordinal);
        Assert.Contains("smallest page", Refused(Errno.EINVAL, () => Map(new DmaAddress(0x0900_0800), LabDevices.Page)).Message, StringComparison.Ordinal);
        Refused(Errno.EINVAL, () => Map(new DmaAddress(0x0900_0000), 100));
        Refused(Errno.EINVAL, () => Map(new DmaAddress(0x0900_0000), 0));
        Refused(Errno.EINVAL, () => Map(new DmaAddress(0xfee00000), LabDevices.Page));
        Refused(Errno.EINVAL, () => Map(new DmaAddress(0x0900_0000), 3 * LabDevices.Page));

        void Map(DmaAddress at, ulong length) => lab.Container.Map(memory, 0, length, at, DmaDirection.Bidirectional).Dispose();
    }

    [Fact]
    public async Task Read_only_memory_goes_to_a_device_that_reads_and_is_EACCES_for_one_that_writes()
    {
        using LabDevices lab = new();
        await lab.OpenAsync(LabDevices.Edu);
        using MemoryFile file = MemoryFile.Create(TestMemory, LabDevices.Page);
        using MemoryMapping memory = file.Map(MemoryProtection.Read);
        Refused(Errno.EACCES, () => lab.Container.Map(memory, 0, LabDevices.Page, s_at, DmaDirection.FromDevice));
        using VfioDmaMapping readable = lab.Container.Map(memory, 0, LabDevices.Page, s_at, DmaDirection.ToDevice);
        Assert.True(readable.IsLive);
    }

    [Fact]
    public void A_user_without_permission_is_told_who_may()
    {
        DmaBufException refused = Refused(Errno.EACCES, () => WithoutPrivilege.Run(() =>
        {
            PciTree tree = PciTree.Read();
            VfioGroup.Open(LabDevices.Edu(tree)).Dispose();
            return 0;
        }));
        Assert.Contains("Opening /dev/vfio/", refused.Message, StringComparison.Ordinal);
        Assert.Contains("run as root", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_group_is_opened_once_and_an_unbound_function_is_refused_with_the_command_that_binds_it()
    {
        using LabDevices lab = new();
        VfioDevice device = await lab.OpenAsync(LabDevices.Edu);
        Assert.Contains("one user only", Refused(Errno.EBUSY, () => VfioGroup.Open(device.Pci)).Message, StringComparison.Ordinal);
        Assert.Contains("8086:29c0) has no driver", Refused(Errno.ENODEV, () => VfioGroup.Open(lab.Tree.Find("00:00.0"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ranges_that_a_bar_does_not_have_are_EINVAL_and_a_bar_that_it_does_not_have_ENODEV()
    {
        using LabDevices lab = new();
        VfioDevice shared = await lab.OpenAsync(LabDevices.SharedMemory);
        Assert.True(shared.CanExport);
        Refused(Errno.EINVAL, () => shared.Export(2).Dispose());
        Refused(Errno.EINVAL, () => shared.Export(2, new VfioRegionRange(0, 0)).Dispose());
        Refused(Errno.EINVAL, () => shared.Export(2, new VfioRegionRange(100, LabDevices.Page)).Dispose());
        Refused(Errno.EINVAL, () => shared.Export(2, new VfioRegionRange(0, 8 << 20)).Dispose());
        Assert.Contains("smaller than a page", Refused(Errno.EINVAL, () => shared.Export(0, new VfioRegionRange(0, LabDevices.Page)).Dispose()).Message, StringComparison.Ordinal);
        Refused(Errno.ENODEV, () => shared.Export(7, new VfioRegionRange(0, LabDevices.Page)).Dispose());
        Refused(Errno.ENODEV, () => shared.Bar(5));
        using KernelBuffer two = shared.Export(2, new VfioRegionRange(0, LabDevices.Page), new(0x10000, 2 * LabDevices.Page));
        Assert.Equal(("vfio_pci_core", 3 * LabDevices.Page), (two.ExporterName, two.Length));
        Refused(Errno.EINVAL, () => two.Map(MemoryProtection.Read));
    }
}
