using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux;

/// <summary>
/// A PCI function that this process drives (<c>vfio-pci</c>): its regions, its configuration space, its reset, and its BARs as kernel buffers. Opened through a group
/// (<see cref="VfioGroup.OpenDevice"/>) or through iommufd (<see cref="IommuFdContext.OpenDevice"/>).
/// </summary>
/// <remarks>
/// <para>Theory. A BAR's bytes are there while the function answers: not during a reset, not while its memory space is off. Whoever touches them then is
/// killed (CPU mappings), refused (calls, iommufd), or gets who knows what (type 1, where the kernel watches nothing). So everybody who reaches a BAR is known here:
/// windows, peers' mappings and exported buffers. <see cref="DisableMemoryAsync"/>, <see cref="ResetAsync"/> and <see cref="CloseAsync"/> take it from all of them before they change the
/// device; the configuration space refuses writes that would do the same behind their back.</para>
/// <para>Safe for all threads. Transitions run one at a time.</para>
/// </remarks>
public sealed partial class VfioDevice : IDisposable
{
    private const ulong CommandRegister = 0x04;
    private const ushort MemorySpace = 0x2;
    private const ushort BusMaster = 0x4;
    private readonly VfioRegion?[] _regions;
    private readonly VfioConfigGuard _configGuard;

    private VfioDevice(SafeFileHandle descriptor, SysfsPciDevice pci, in VfioUapi.vfio_device_info info)
    {
        Descriptor = descriptor;
        Pci = pci;
        Memory = new VfioMemory(pci.ToString());
        CanReset = (info.flags & VfioUapi.VFIO_DEVICE_FLAGS_RESET) != 0;
        _regions = [.. Enumerable.Range(0, (int)info.num_regions).Select(index => ReadRegion(index))];
        Config = _regions.ElementAtOrDefault(VfioUapi.VFIO_PCI_CONFIG_REGION_INDEX)
            ?? throw new DmaBufException(Errno.EOPNOTSUPP, $"Opening {pci} was refused: it shows no configuration space. Bind it to vfio-pci.");
        byte[] header = new byte[Math.Min(Config.Length, 256)];
        Config.Read(0, header);
        _configGuard = new VfioConfigGuard(new PciConfigSpace(header), pci.ToString());
    }

    /// <summary>What sysfs said of it before it was opened.</summary>
    public SysfsPciDevice Pci { get; }

    /// <summary>Whether <see cref="ResetAsync"/> can be done.</summary>
    public bool CanReset { get; }

    /// <summary>The configuration space. Writes that would take the memory away are refused: use this class for them.</summary>
    public VfioRegion Config { get; }

    /// <summary>The BARs that exist, in order.</summary>
    public IEnumerable<VfioRegion> Bars => _regions.Take(VfioUapi.VFIO_PCI_ROM_REGION_INDEX).OfType<VfioRegion>();

    /// <summary>Whether the function answers to memory accesses now (the command register's bit).</summary>
    /// <exception cref="ObjectDisposedException">The device was closed.</exception>
    public bool IsMemoryEnabled => (Config.Read16(CommandRegister) & MemorySpace) != 0;

    /// <summary>Whether this kernel exports this device's BARs as DMA-bufs (<c>VFIO_DEVICE_FEATURE_DMA_BUF</c>, Linux 6.19).</summary>
    public bool CanExport
    {
        get
        {
            VfioUapi.vfio_device_feature probe = new()
            {
                argsz = UapiSize.Of<VfioUapi.vfio_device_feature>(),
                flags = VfioUapi.VFIO_DEVICE_FEATURE_PROBE | VfioUapi.VFIO_DEVICE_FEATURE_GET | VfioUapi.VFIO_DEVICE_FEATURE_DMA_BUF,
            };
            return DeviceCall.Try(Descriptor, VfioUapi.VFIO_DEVICE_FEATURE, ref probe) == Errno.None;
        }
    }

    internal SafeFileHandle Descriptor { get; }

    internal VfioMemory Memory { get; }

    /// <summary>A BAR.</summary>
    /// <param name="index">0 to 5.</param>
    /// <exception cref="DmaBufException">ENODEV: the function has no such BAR.</exception>
    public VfioRegion Bar(int index) => index is >= 0 and < VfioUapi.VFIO_PCI_ROM_REGION_INDEX && _regions.ElementAtOrDefault(index) is { } bar
        ? bar
        : throw new DmaBufException(Errno.ENODEV, $"{this} has no BAR {index}. It has {string.Join(", ", Bars.Select(static one => one.Index))}.");

    /// <summary>Exports parts of one BAR as a kernel buffer. It outlives the device, and is revoked by the kernel when the memory goes away.</summary>
    /// <param name="bar">The BAR, 0 to 5.</param>
    /// <param name="ranges">The parts, in the order of the buffer's bytes; at least one.</param>
    /// <returns>A DMA-buf whose size is the sum of the lengths, owned by the caller.</returns>
    /// <exception cref="DmaBufException">EOPNOTSUPP: the kernel or this device cannot. EINVAL: a range is empty, unaligned or outside the BAR, or the BAR is smaller than a page. ENODEV: no such BAR.</exception>
    public unsafe KernelBuffer Export(int bar, params ReadOnlySpan<VfioRegionRange> ranges)
    {
        int header = sizeof(VfioUapi.vfio_device_feature) + sizeof(VfioUapi.vfio_device_feature_dma_buf);
        byte[] argument = new byte[header + (ranges.Length * sizeof(VfioUapi.vfio_region_dma_range))];
        MemoryMarshal.Write(argument, new VfioUapi.vfio_device_feature { argsz = (uint)argument.Length, flags = VfioUapi.VFIO_DEVICE_FEATURE_GET | VfioUapi.VFIO_DEVICE_FEATURE_DMA_BUF });
        MemoryMarshal.Write(
            argument.AsSpan(sizeof(VfioUapi.vfio_device_feature)),
            new VfioUapi.vfio_device_feature_dma_buf { region_index = (uint)bar, open_flags = Libc.O_RDWR | Libc.O_CLOEXEC, nr_ranges = (uint)ranges.Length });
        MemoryMarshal.AsBytes(ranges).CopyTo(argument.AsSpan(header));
        Errno errno;
        int descriptor;

        // SAFETY: the argument is as long as it says, and stays where it is during the call.
        fixed (byte* pointer = argument)
        {
            errno = DeviceCall.Try(Descriptor, VfioUapi.VFIO_DEVICE_FEATURE, pointer, out descriptor);
        }

        return errno == Errno.None
            ? DescriptorOwner.Adopt(descriptor)
            : throw NativeError.Failure(errno, $"Exporting {ranges.Length} ranges of BAR {bar} of {this} as a DMA-buf", errno switch
            {
                Errno.ENOTTY or Errno.EOPNOTSUPP => "This kernel exports no BARs (Linux 6.19 does, with VFIO_PCI_DMABUF), or not of this device.",
                Errno.EINVAL => "Ranges must be multiples of the page, not empty and within the BAR; a BAR smaller than a page cannot be exported.",
                Errno.ENODEV => "There is no such BAR: 0 to 5 are possible.",
                _ => NativeError.CommonRemedy(errno),
            });
    }

    /// <summary>The function's address and identity.</summary>
    public override string ToString() => Pci.ToString();

    /// <summary>Takes over a device's descriptor; on failure it is closed.</summary>
    internal static VfioDevice Adopt(SafeFileHandle descriptor, SysfsPciDevice pci)
    {
        try
        {
            // Kernels take the structure without its padding, as older headers have it.
            VfioUapi.vfio_device_info info = new() { argsz = UapiSize.Of<VfioUapi.vfio_device_info>() - sizeof(uint) };
            Errno errno = DeviceCall.Try(descriptor, VfioUapi.VFIO_DEVICE_GET_INFO, ref info);
            return errno == Errno.None
                ? new VfioDevice(descriptor, pci, in info)
                : throw NativeError.Failure(errno, $"Asking {pci} what it has", NativeError.CommonRemedy(errno));
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    internal void RequireHarmless(ulong offset, ReadOnlySpan<byte> bytes) => _configGuard.RequireHarmless(offset, bytes);

    /// <summary>Null: the region does not exist, or is empty.</summary>
    private VfioRegion? ReadRegion(int index)
    {
        VfioUapi.vfio_region_info region = new() { argsz = UapiSize.Of<VfioUapi.vfio_region_info>(), index = (uint)index };
        Errno errno = DeviceCall.Try(Descriptor, VfioUapi.VFIO_DEVICE_GET_REGION_INFO, ref region);
        return errno == Errno.None && region.size != 0 ? new VfioRegion(this, index, in region) : null;
    }
}
