using DmaBuf.Linux.Tests.Vfio;
using DmaBuf.Samples.Vfio;

namespace DmaBuf.Linux.Tests.IommuFd;

/// <summary>Devices in an address space of iommufd: memory by descriptor, peers' BARs, and what a revoke leaves of them.</summary>
[LabMachine(LabMachines.IommuFd)]
public sealed class IommuFdDmaTests : LeakCheckedTest
{
    private const int Length = 1000;
    private static readonly DmaAddress s_memoryAt = new(0x0100_0000);
    private static readonly DmaAddress s_barAt = new(0x0400_0000);

    [Fact]
    public async Task Edu_and_nvme_move_bytes_through_negotiated_mappings_of_memory_files()
    {
        using IommuFdLab lab = new();
        using EduDevice edu = EduDevice.Open(await lab.OpenAsync(LabDevices.Edu));
        IommuFdImporter importer = new(lab.Space);
        using DmaMemory memory = DmaMemory.Create(TestMemory, 4 * LabDevices.Page, buffer => importer.Attach(buffer, at: s_memoryAt));
        Assert.Equal(s_memoryAt, memory.AddressOf(0));
        byte[] pattern = TypeOneDmaTests.Pattern(Length, 11);
        memory.Write(0, pattern);
        await edu.CopyAsync(memory.AddressOf(0), memory.AddressOf(0x2000), Length, Token);
        Assert.Equal(pattern, memory.Read(0x2000, Length));
        using NvmeController nvme = await NvmeController.StartAsync(await lab.OpenAsync(LabDevices.Nvme), buffer => importer.Attach(buffer), Token);
        Assert.Equal("LAB0001", nvme.Serial);
        await nvme.WriteAsync(0, memory.AddressOf(0), 4096, Token);
        await nvme.ReadAsync(0, memory.AddressOf(0x3000), 4096, Token);
        Assert.Equal(memory.Read(0, 4096), memory.Read(0x3000, 4096));
    }

    [Fact]
    public async Task A_peers_bar_comes_in_as_its_dma_buf_and_not_by_its_address()
    {
        using IommuFdLab lab = new();
        using EduDevice edu = EduDevice.Open(await lab.OpenAsync(LabDevices.Edu));
        VfioRegion bar = (await lab.OpenAsync(LabDevices.SharedMemory)).Bar(2);
        IommuFdImporter importer = new(lab.Space);
        using DmaMemory memory = DmaMemory.Create(TestMemory, LabDevices.Page, buffer => importer.Attach(buffer, at: s_memoryAt));
        using DmaBuffer peer = VfioRegionExporter.Export(bar, [new VfioRegionRange(0, 1 << 20)]);
        using DescriptorAttachment attachment = importer.Attach(peer, at: s_barAt);
        byte[] pattern = TypeOneDmaTests.Pattern(Length, 12);
        memory.Write(0, pattern);
        await edu.CopyAsync(memory.AddressOf(0), ImportedDmaRange.Of(attachment).Start, Length, Token);
        Assert.Equal(pattern, Read(bar, Length));
        using NvmeController nvme = await NvmeController.StartAsync(await lab.OpenAsync(LabDevices.Nvme), buffer => importer.Attach(buffer), Token);
        await nvme.WriteAsync(16, s_barAt, 4096, Token);
        await nvme.ReadAsync(16, new DmaAddress(s_barAt.Value + 0x4000), 4096, Token);
        byte[] copy = new byte[Length];
        bar.Read(0x4000, copy);
        Assert.Equal(pattern, copy);
    }

    [Fact]
    public async Task Memory_off_kills_the_old_mapping_for_good_and_a_new_one_works_after()
        => await RevokedByAsync(device => device.DisableMemoryAsync(LabDevices.Deadline, Token), isAwayAfter: true);

    [Fact]
    public async Task A_reset_kills_the_old_mapping_for_good_and_a_new_one_works_after()
        => await RevokedByAsync(device => device.ResetAsync(LabDevices.Deadline, Token), isAwayAfter: false);

    [Fact]
    public async Task After_the_device_was_closed_dma_is_dropped_and_its_dma_buf_stays_dead_also_when_the_device_is_open_again()
    {
        using IommuFdLab lab = new();
        using EduDevice edu = EduDevice.Open(await lab.OpenAsync(LabDevices.Edu));
        VfioDevice shared = await lab.OpenAsync(LabDevices.SharedMemory);
        IommuFdImporter importer = new(lab.Space);
        using DmaMemory memory = DmaMemory.Create(TestMemory, LabDevices.Page, buffer => importer.Attach(buffer, at: s_memoryAt));
        using KernelBuffer exported = shared.Export(2, new VfioRegionRange(0, LabDevices.Page));
        using IommuFdMapping mapping = lab.Space.MapFile(exported.Descriptor, 0, LabDevices.Page, s_barAt, DmaDirection.Bidirectional);
        byte[] kept = TypeOneDmaTests.Pattern(Length, 16);
        memory.Write(0, kept);
        await edu.CopyAsync(memory.AddressOf(0), s_barAt, Length, Token);
        memory.Write(0, TypeOneDmaTests.Pattern(Length, 17));
        await shared.CloseAsync(LabDevices.Deadline, Token);
        await edu.CopyAsync(memory.AddressOf(0), s_barAt, Length, Token);
        Assert.Contains("map again", Refused(Errno.ENODEV, () => lab.Space.MapFile(exported.Descriptor, 0, LabDevices.Page, null, DmaDirection.Bidirectional)).Message, StringComparison.Ordinal);

        VfioDevice again = await lab.OpenAsync(LabDevices.SharedMemory);
        Assert.Equal(kept, Read(again.Bar(2), Length));
        await edu.CopyAsync(memory.AddressOf(0), s_barAt, Length, Token);
        Assert.Equal(kept, Read(again.Bar(2), Length));
        Refused(Errno.ENODEV, () => lab.Space.MapFile(exported.Descriptor, 0, LabDevices.Page, null, DmaDirection.Bidirectional));
    }

    /// <summary>The kernel's own revoke: the mapping is made below the framework, which would have unmapped it.</summary>
    private static async Task RevokedByAsync(Func<VfioDevice, Task> takeAway, bool isAwayAfter)
    {
        using IommuFdLab lab = new();
        using EduDevice edu = EduDevice.Open(await lab.OpenAsync(LabDevices.Edu));
        VfioDevice shared = await lab.OpenAsync(LabDevices.SharedMemory);
        VfioRegion bar = shared.Bar(2);
        IommuFdImporter importer = new(lab.Space);
        using DmaMemory memory = DmaMemory.Create(TestMemory, LabDevices.Page, buffer => importer.Attach(buffer, at: s_memoryAt));
        using KernelBuffer exported = shared.Export(2, new VfioRegionRange(0, LabDevices.Page));
        using IommuFdMapping old = lab.Space.MapFile(exported.Descriptor, 0, LabDevices.Page, s_barAt, DmaDirection.Bidirectional);
        byte[] first = TypeOneDmaTests.Pattern(Length, 13);
        memory.Write(0, first);
        await edu.CopyAsync(memory.AddressOf(0), s_barAt, Length, Token);
        Assert.Equal(first, Read(bar, Length));

        await takeAway(shared);
        byte[] second = TypeOneDmaTests.Pattern(Length, 14);
        memory.Write(0, second);
        await edu.CopyAsync(memory.AddressOf(0), s_barAt, Length, Token);
        if (isAwayAfter)
        {
            Refused(Errno.ENODEV, () => lab.Space.MapFile(exported.Descriptor, 0, LabDevices.Page, null, DmaDirection.Bidirectional));
            await shared.EnableAsync(Token);
        }

        Assert.Equal(first, Read(bar, Length));
        await edu.CopyAsync(memory.AddressOf(0), s_barAt, Length, Token);
        Assert.Equal(first, Read(bar, Length));
        DmaAddress elsewhere = new(s_barAt.Value + (1 << 20));
        using IommuFdMapping fresh = lab.Space.MapFile(exported.Descriptor, 0, LabDevices.Page, elsewhere, DmaDirection.Bidirectional);
        await edu.CopyAsync(memory.AddressOf(0), elsewhere, Length, Token);
        Assert.Equal(second, Read(bar, Length));
        Assert.Equal(Errno.None, lab.Space.Unmap(old.Range));
    }

    [Fact]
    public async Task The_framework_revokes_its_buffers_before_the_device_changes_and_gives_them_back_after()
    {
        using IommuFdLab lab = new();
        using EduDevice edu = EduDevice.Open(await lab.OpenAsync(LabDevices.Edu));
        VfioDevice shared = await lab.OpenAsync(LabDevices.SharedMemory);
        IommuFdImporter importer = new(lab.Space);
        using DmaMemory memory = DmaMemory.Create(TestMemory, LabDevices.Page, buffer => importer.Attach(buffer, at: s_memoryAt));
        memory.Write(0, TypeOneDmaTests.Pattern(Length, 15));
        using DmaBuffer buffer = VfioRegionExporter.Export(shared.Bar(2), [new VfioRegionRange(0, LabDevices.Page)]);
        using DescriptorAttachment old = importer.Attach(buffer, at: s_barAt);
        VfioMemoryChange off = await shared.DisableMemoryAsync(TimeSpan.Zero, Token);
        Assert.Equal((RevokeOutcome.Forced, BufferPhase.Revoked), (off.Outcome, buffer.Phase));
        Refused(Errno.ENODEV, () => importer.Attach(buffer));
        VfioMemoryChange on = await shared.EnableAsync(Token);
        Assert.Empty(on.StayedRevoked);
        shared.Bar(2).Write(0, new byte[Length]);
        await edu.CopyAsync(memory.AddressOf(0), s_barAt, Length, Token);
        Assert.Equal(new byte[Length], Read(shared.Bar(2), Length));
        using DescriptorAttachment again = importer.Attach(buffer, at: s_barAt);
        await edu.CopyAsync(memory.AddressOf(0), s_barAt, Length, Token);
        Assert.Equal(TypeOneDmaTests.Pattern(Length, 15), Read(shared.Bar(2), Length));
    }

    private static byte[] Read(VfioRegion bar, int length)
    {
        byte[] bytes = new byte[length];
        bar.Read(0, bytes);
        return bytes;
    }
}
