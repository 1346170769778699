using DmaBuf.Samples.Vfio;

namespace DmaBuf.Linux.Tests.Vfio;

/// <summary>Devices reach another device's BAR, as long as that device's memory is there and not a moment longer.</summary>
[LabMachine(LabMachines.Devices)]
public sealed class PeerToPeerTests : LeakCheckedTest
{
    private const int Length = 1000;
    private static readonly DmaAddress s_at = new(0x0400_0000);

    [Fact]
    public async Task Edu_and_nvme_write_into_a_bar_and_read_from_it()
    {
        using LabDevices lab = new();
        using EduDevice edu = EduDevice.Open(await lab.OpenAsync(LabDevices.Edu));
        VfioDevice nvmeDevice = await lab.OpenAsync(LabDevices.Nvme);
        VfioRegion bar = (await lab.OpenAsync(LabDevices.SharedMemory)).Bar(2);
        VfioTypeOneImporter importer = lab.Importer();
        using NvmeController nvme = await NvmeController.StartAsync(nvmeDevice, buffer => importer.Attach(buffer), Token);
        using DmaMemory memory = DmaMemory.Create(TestMemory, LabDevices.Page, buffer => importer.Attach(buffer));
        using VfioDmaMapping peer = lab.Container.MapRegion(bar, 0, 1 << 20, s_at, DmaDirection.Bidirectional);
        byte[] pattern = TypeOneDmaTests.Pattern(Length, 5);
        memory.Write(0, pattern);
        await edu.CopyAsync(memory.AddressOf(0), s_at, Length, Token);
        Assert.Equal(pattern, Read(bar, 0, Length));
        memory.Write(0, new byte[Length]);
        await edu.CopyAsync(s_at, memory.AddressOf(0), Length, Token);
        Assert.Equal(pattern, memory.Read(0, Length));
        byte[] blocks = TypeOneDmaTests.Pattern(4096, 6);
        bar.Write(0x2000, blocks);
        await nvme.WriteAsync(8, new DmaAddress(s_at.Value + 0x2000), 4096, Token);
        await nvme.ReadAsync(8, new DmaAddress(s_at.Value + 0x5000), 4096, Token);
        Assert.Equal(blocks, Read(bar, 0x5000, 4096));
    }

    [Fact]
    public async Task Before_a_reset_the_bar_is_unmapped_so_that_dma_after_it_changes_nothing()
    {
        using LabDevices lab = new();
        using EduDevice edu = EduDevice.Open(await lab.OpenAsync(LabDevices.Edu));
        VfioDevice shared = await lab.OpenAsync(LabDevices.SharedMemory);
        VfioTypeOneImporter importer = lab.Importer();
        using DmaMemory memory = DmaMemory.Create(TestMemory, LabDevices.Page, buffer => importer.Attach(buffer));
        memory.Write(0, TypeOneDmaTests.Pattern(Length, 7));
        VfioDmaMapping peer = lab.Container.MapRegion(shared.Bar(2), 0, LabDevices.Page, s_at, DmaDirection.Bidirectional);
        VfioRegionWindow window = shared.Bar(2).OpenWindow(0, LabDevices.Page);
        await edu.CopyAsync(memory.AddressOf(0), s_at, Length, Token);
        Assert.Equal(TypeOneDmaTests.Pattern(Length, 7), Read(shared.Bar(2), 0, Length));
        Assert.True(shared.CanReset);
        await shared.ResetAsync(LabDevices.Deadline, Token);
        Assert.False(peer.IsLive);
        Refused(Errno.ENODEV, () => window.Read32(0));
        shared.Bar(2).Write(0, new byte[Length]);
        await edu.CopyAsync(memory.AddressOf(0), s_at, Length, Token);
        Assert.Equal(new byte[Length], Read(shared.Bar(2), 0, Length));

        // A new mapping reaches it again.
        using VfioDmaMapping again = lab.Container.MapRegion(shared.Bar(2), 0, LabDevices.Page, s_at, DmaDirection.Bidirectional);
        await edu.CopyAsync(memory.AddressOf(0), s_at, Length, Token);
        Assert.Equal(TypeOneDmaTests.Pattern(Length, 7), Read(shared.Bar(2), 0, Length));
        peer.Dispose();
        window.Dispose();
        Assert.True(again.IsLive);
    }

    [Fact]
    public async Task While_the_memory_is_off_windows_and_peers_are_gone_and_calls_are_answered_instead_of_faulting()
    {
        using LabDevices lab = new();
        await lab.OpenAsync(LabDevices.Edu);
        VfioDevice shared = await lab.OpenAsync(LabDevices.SharedMemory);
        VfioRegion bar = shared.Bar(2);
        using VfioRegionWindow window = bar.OpenWindow(0, LabDevices.Page);
        window.Write64(8, 0x1122334455667788);
        Assert.Equal((0x1122334455667788UL, 0x55667788U, 0x7788, 0x88), (bar.Read64(8), window.Read32(8), window.Read16(8), window.Read8(8)));
        Refused(Errno.EINVAL, () => window.Read32(6));
        Refused(Errno.EINVAL, () => window.Read64(LabDevices.Page));
        using VfioDmaMapping peer = lab.Container.MapRegion(bar, 0, LabDevices.Page, s_at, DmaDirection.Bidirectional);
        Refused(Errno.EPERM, () => shared.Config.Write16(4, 0));
        await shared.DisableMemoryAsync(LabDevices.Deadline, Token);
        Assert.False(shared.IsMemoryEnabled);
        Assert.False(peer.IsLive);
        Refused(Errno.ENODEV, () => window.Write32(0, 1));
        Assert.Contains("enable it first", Refused(Errno.EIO, () => bar.Read32(8)).Message, StringComparison.Ordinal);
        Refused(Errno.ENODEV, () => bar.OpenWindow(0, LabDevices.Page));
        Refused(Errno.ENODEV, () => lab.Container.MapRegion(bar, 0, LabDevices.Page, s_at, DmaDirection.Bidirectional));
        await shared.EnableAsync(Token);
        Assert.Equal(0x1122334455667788UL, bar.Read64(8));
        Refused(Errno.ENODEV, () => window.Read32(0));
    }

    [Fact]
    public async Task A_dead_device_cuts_its_peers_off()
    {
        using LabDevices lab = new();
        using EduDevice edu = EduDevice.Open(await lab.OpenAsync(LabDevices.Edu));
        VfioDevice shared = await lab.OpenAsync(LabDevices.SharedMemory);
        VfioRegion bar = shared.Bar(2);
        VfioDmaMapping peer = lab.Container.MapRegion(bar, 0, LabDevices.Page, s_at, DmaDirection.Bidirectional);
        await shared.CloseAsync(LabDevices.Deadline, Token);
        Assert.False(peer.IsLive);
        Assert.Throws<ObjectDisposedException>(() => bar.Read32(0));
        Refused(Errno.ENODEV, () => bar.Device.Memory.UseWhileThere(() => peer));
        await edu.StoreAsync(s_at, 100, Token);
    }

    private static byte[] Read(VfioRegion bar, ulong offset, int length)
    {
        byte[] bytes = new byte[length];
        bar.Read(offset, bytes);
        return bytes;
    }
}
