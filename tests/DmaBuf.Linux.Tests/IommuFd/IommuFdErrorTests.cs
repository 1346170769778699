using DmaBuf.Linux.Tests.Vfio;

namespace DmaBuf.Linux.Tests.IommuFd;

/// <summary>What iommufd refuses: the errno, the operation, the object, and what to do.</summary>
[LabMachine(LabMachines.IommuFd)]
public sealed class IommuFdErrorTests : LeakCheckedTest
{
    private static readonly DmaAddress s_at = new(0x0100_0000);

    [Fact]
    public async Task A_taken_address_is_EEXIST_one_that_is_unaligned_for_the_devices_EINVAL_and_an_automatic_one_is_never_zero()
    {
        using IommuFdLab lab = new();
        IommuFdAddressSpace space = lab.Space;
        await lab.OpenAsync(LabDevices.Edu); // an empty space has no page yet: its devices' IOMMU brings one
        using MemoryFile file = MemoryFile.Create(TestMemory, 2 * LabDevices.Page);
        using IommuFdMapping mapping = space.MapFile(file.Descriptor, 0, 2 * LabDevices.Page, s_at, DmaDirection.Bidirectional);
        Assert.Contains("unmap it first", Refused(Errno.EEXIST, () => Map(0, LabDevices.Page, s_at)).Message, StringComparison.Ordinal);
        Refused(Errno.EINVAL, () => Map(0, LabDevices.Page, new DmaAddress(0x0200_0001)));
        Refused(Errno.EINVAL, () => Map(0, 0, null));
        using IommuFdMapping automatic = space.MapFile(file.Descriptor, 0, LabDevices.Page, null, DmaDirection.ToDevice);
        Assert.NotEqual(0UL, automatic.Range.Start.Value);

        void Map(ulong start, ulong length, DmaAddress? at) => space.MapFile(file.Descriptor, start, length, at, DmaDirection.Bidirectional).Dispose();
    }

    [Fact]
    public void A_mapping_is_copied_into_another_space_and_outlives_its_source()
    {
        using IommuFdContext context = IommuFdContext.Open();
        using IommuFdAddressSpace first = context.CreateAddressSpace();
        using IommuFdAddressSpace second = context.CreateAddressSpace();
        first.AllowHugePages(false);
        using MemoryFile file = MemoryFile.Create(TestMemory, LabDevices.Page);
        using MemoryMapping memory = file.Map(MemoryProtection.ReadWrite);
        IommuFdMapping source = first.Map(memory, 0, LabDevices.Page, s_at, DmaDirection.ToDevice);
        Refused(Errno.EPERM, () => second.CopyFrom(source, null, DmaDirection.Bidirectional));
        using IommuFdMapping copy = second.CopyFrom(source, s_at, DmaDirection.ToDevice);
        Assert.Equal(s_at, copy.Range.Start);
        source.Dispose();
        Refused(Errno.ENOENT, () => second.CopyFrom(source, null, DmaDirection.ToDevice));
    }

    [Fact]
    public async Task An_attached_device_narrows_what_can_be_mapped()
    {
        using IommuFdLab lab = new();
        Assert.NotEmpty(lab.Space.ReadLimits().Ranges);
        await lab.OpenAsync(LabDevices.Edu);
        IovaLimits limits = lab.Space.ReadLimits();
        Assert.Equal(LabDevices.Page, limits.SmallestPage);
        Assert.DoesNotContain(limits.Ranges, range => range.Start.Value <= 0xfee00000 && 0xfee00000 < range.Start.Value + range.Length);
    }

    [Fact]
    public async Task A_bar_by_its_address_is_EFAULT_because_only_its_dma_buf_can_be_revoked()
    {
        using IommuFdLab lab = new();
        VfioDevice shared = await lab.OpenAsync(LabDevices.SharedMemory);
        ulong place = 2UL << 40; // where vfio-pci shows BAR 2 in the device's file
        using MemoryMapping bar = MemoryMapping.Map(shared.Descriptor, place, LabDevices.Page, MemoryProtection.ReadWrite);
        Assert.Contains("by its descriptor", Refused(Errno.EFAULT, () => lab.Space.Map(bar, 0, LabDevices.Page, s_at, DmaDirection.Bidirectional)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_device_is_opened_once_and_a_user_without_permission_is_told_who_may()
    {
        using IommuFdLab lab = new();
        VfioDevice edu = await lab.OpenAsync(LabDevices.Edu);
        Assert.Contains("open already", Refused(Errno.EINVAL, () => lab.Context.OpenDevice(edu.Pci)).Message, StringComparison.Ordinal);
        Assert.Contains("run as root", Refused(Errno.EACCES, () => WithoutPrivilege.Run(() => IommuFdContext.Open())).Message, StringComparison.Ordinal);
    }
}
