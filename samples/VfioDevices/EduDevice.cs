using DmaBuf.Linux;

namespace DmaBuf.Samples.Vfio;

/// <summary>QEMU's teaching device (1234:11e8), as far as its DMA engine goes: it copies between its own 4 KiB and whatever lies at a bus address.</summary>
/// <remarks>
/// Registers, all in BAR 0, answered only to accesses of their own width: identity at 0x00, liveness at 0x04 (it answers with all bits inverted), and of the engine source at 0x80, target at 0x88, length at
/// 0x90, command at 0x98. The device's own memory begins at 0x40000 of the engine's addresses. Addresses have 28 bits. An address that the IOMMU does not know is
/// no error to it: nothing is copied and nothing is said. One transfer at a time; not safe for several threads.
/// </remarks>
public sealed class EduDevice : IDisposable
{
    /// <summary>The vendor that QEMU's devices have.</summary>
    public const ushort Vendor = 0x1234;

    /// <summary>The device id.</summary>
    public const ushort Device = 0x11e8;

    /// <summary>How many bytes one transfer moves at most. The device has 4096, but QEMU before 8.0 ends if a transfer reaches the last one.</summary>
    public const int MaximumLength = 4088;

    private const ulong Identity = 0x00;
    private const ulong Liveness = 0x04;
    private const ulong Source = 0x80;
    private const ulong Target = 0x88;
    private const ulong Count = 0x90;
    private const ulong Command = 0x98;
    private const ulong OwnMemory = 0x40000;
    private const ulong Start = 1;
    private const ulong TowardsMemory = 2;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    private readonly VfioRegionWindow _registers;

    private EduDevice(VfioRegionWindow registers) => _registers = registers;

    /// <summary>The highest address that the device can put on the bus.</summary>
    public static DmaAddress LastAddress => new((1UL << 28) - 1);

    /// <summary>Opens the registers, after asking the device whether it is one.</summary>
    /// <param name="device">Enabled; stays the caller's.</param>
    /// <exception cref="DmaBufException">EINVAL: it is another device. ENODEV: its memory is away.</exception>
    public static EduDevice Open(VfioDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        EduDevice edu = new(device.Bar(0).OpenWindow(0, 0x1000));
        const uint question = 0x5a5a1234;
        edu._registers.Write32(Liveness, question);
        if ((edu._registers.Read32(Identity) & 0xFFFF) == 0x00ed && edu._registers.Read32(Liveness) == ~question)
        {
            return edu;
        }

        edu.Dispose();
        throw new DmaBufException(Errno.EINVAL, $"{device} does not answer as an edu device does. Open {Vendor:x4}:{Device:x4}.");
    }

    /// <summary>Copies from a bus address into the device.</summary>
    public Task FetchAsync(DmaAddress from, int length, CancellationToken cancellationToken = default) => TransferAsync(from.Value, OwnMemory, Start, length, cancellationToken);

    /// <summary>Copies from the device to a bus address.</summary>
    public Task StoreAsync(DmaAddress to, int length, CancellationToken cancellationToken = default) => TransferAsync(OwnMemory, to.Value, Start | TowardsMemory, length, cancellationToken);

    /// <summary>Copies from one bus address to another, through the device.</summary>
    public async Task CopyAsync(DmaAddress from, DmaAddress to, int length, CancellationToken cancellationToken = default)
    {
        await FetchAsync(from, length, cancellationToken).ConfigureAwait(false);
        await StoreAsync(to, length, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes the registers.</summary>
    public void Dispose() => _registers.Dispose();

    private async Task TransferAsync(ulong from, ulong to, ulong command, int length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaximumLength);
        _registers.Write64(Source, from);
        _registers.Write64(Target, to);
        _registers.Write64(Count, (ulong)length);
        _registers.Write64(Command, command);
        await DeviceWait.UntilAsync(() => (_registers.Read64(Command) & Start) == 0, s_longest, "a transfer of the edu device", cancellationToken).ConfigureAwait(false);
    }
}
