using DmaBuf.Samples.Vfio;

namespace DmaBuf.Linux.Tests.Vfio;

/// <summary>Devices behind a type 1 container move bytes by DMA: what is mapped is reached, and nothing else.</summary>
[LabMachine(LabMachines.Devices)]
public sealed class TypeOneDmaTests : LeakCheckedTest
{
    [Fact]
    public async Task Edu_copies_between_two_places_of_a_negotiated_mapping()
    {
        using LabDevices lab = new();
        using EduDevice edu = EduDevice.Open(await lab.OpenAsync(LabDevices.Edu));
        VfioTypeOneImporter importer = lab.Importer();
        using DmaMemory memory = DmaMemory.Create(TestMemory, 4 * LabDevices.Page, buffer => importer.Attach(buffer));
        byte[] pattern = Pattern(3000, 1);
        memory.Write(16, pattern);
        await edu.CopyAsync(memory.AddressOf(16), memory.AddressOf(2 * LabDevices.Page), pattern.Length, Token);
        Assert.Equal(pattern, memory.Read(2 * LabDevices.Page, pattern.Length));
        Assert.Equal(new byte[16], memory.Read((2 * LabDevices.Page) + 3000, 16));
    }

    [Fact]
    public async Task Nvme_tells_who_it_is_and_gives_back_what_it_was_given()
    {
        using LabDevices lab = new();
        VfioDevice device = await lab.OpenAsync(LabDevices.Nvme);
        Assert.Equal(NvmeController.ClassCode, device.Pci.ClassCode);
        VfioTypeOneImporter importer = lab.Importer();
        using NvmeController nvme = await NvmeController.StartAsync(device, buffer => importer.Attach(buffer), Token);
        Assert.Equal(("LAB0001", "QEMU NVMe Ctrl", 512), (nvme.Serial, nvme.Model, nvme.BlockLength));
        Assert.True(nvme.BlockCount > 1000);
        using DmaMemory memory = DmaMemory.Create(TestMemory, 2 * LabDevices.Page, buffer => importer.Attach(buffer));
        byte[] pattern = Pattern(4096, 2);
        memory.Write(0, pattern);
        await nvme.WriteAsync(64, memory.AddressOf(0), 4096, Token);
        await nvme.ReadAsync(64, memory.AddressOf(LabDevices.Page), 4096, Token);
        Assert.Equal(pattern, memory.Read(LabDevices.Page, 4096));
    }

    [Fact]
    public async Task Dma_after_unmap_and_to_an_address_that_was_never_mapped_leaves_memory_as_it_was()
    {
        using LabDevices lab = new();
        using EduDevice edu = EduDevice.Open(await lab.OpenAsync(LabDevices.Edu));
        VfioTypeOneImporter importer = lab.Importer();
        using DmaMemory source = DmaMemory.Create(TestMemory, LabDevices.Page, buffer => importer.Attach(buffer));
        source.Write(0, Pattern(1000, 3));
        using MemoryFile file = MemoryFile.Create(TestMemory, LabDevices.Page);
        using MemoryMapping memory = file.Map(MemoryProtection.ReadWrite);
        DmaAddress at = new(0x0800_0000);
        VfioDmaMapping mapping = lab.Container.Map(memory, 0, LabDevices.Page, at, DmaDirection.Bidirectional);
        await edu.CopyAsync(source.AddressOf(0), at, 1000, Token);
        Assert.Equal(Pattern(1000, 3), memory.ReadOnlyWindow(0, 1000).ToArray());
        mapping.Dispose();
        Assert.False(mapping.IsLive);
        memory.Window(0, 1000).Clear();
        await edu.CopyAsync(source.AddressOf(0), at, 1000, Token);
        await edu.CopyAsync(source.AddressOf(0), new DmaAddress(0x0900_0000), 1000, Token);
        Assert.Equal(new byte[1000], memory.ReadOnlyWindow(0, 1000).ToArray());

        // The device is as it was, so what was dropped was dropped by the IOMMU.
        using VfioDmaMapping again = lab.Container.Map(memory, 0, LabDevices.Page, at, DmaDirection.Bidirectional);
        await edu.CopyAsync(source.AddressOf(0), at, 1000, Token);
        Assert.Equal(Pattern(1000, 3), memory.ReadOnlyWindow(0, 1000).ToArray());
    }

    [Fact]
    public async Task A_revoked_buffer_is_out_of_the_devices_reach_and_a_device_that_may_only_read_cannot_write()
    {
        using LabDevices lab = new();
        using EduDevice edu = EduDevice.Open(await lab.OpenAsync(LabDevices.Edu));
        VfioTypeOneImporter importer = lab.Importer();
        using DmaMemory source = DmaMemory.Create(TestMemory, LabDevices.Page, buffer => importer.Attach(buffer));
        source.Write(0, Pattern(1000, 4));
        MemoryFile file = MemoryFile.Create(TestMemory, LabDevices.Page);
        file.Seal(MemorySeals.FixedSize);
        using MemoryMapping memory = file.Map(MemoryProtection.ReadWrite);
        using DmaBuffer target = MemoryFileExporter.Export(file);
        using DescriptorAttachment attachment = importer.Attach(target);
        DmaRange range = ImportedDmaRange.Of(attachment);
        await edu.CopyAsync(source.AddressOf(0), range.Start, 1000, Token);
        Assert.Equal(Pattern(1000, 4), memory.ReadOnlyWindow(0, 1000).ToArray());
        RevokeReport report = await target.RevokeAsync(TimeSpan.Zero, Token);
        Assert.Equal(RevokeOutcome.Forced, report.Outcome);
        memory.Window(0, 1000).Clear();
        await edu.CopyAsync(source.AddressOf(0), range.Start, 1000, Token);
        Assert.Equal(new byte[1000], memory.ReadOnlyWindow(0, 1000).ToArray());
        await target.UnrevokeAsync(Token);
        using DescriptorAttachment reader = importer.Attach(target, DmaDirection.ToDevice);
        await edu.CopyAsync(source.AddressOf(0), ImportedDmaRange.Of(reader).Start, 1000, Token);
        Assert.Equal(new byte[1000], memory.ReadOnlyWindow(0, 1000).ToArray());
    }

    internal static byte[] Pattern(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
