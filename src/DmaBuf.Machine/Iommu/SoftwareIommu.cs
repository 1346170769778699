namespace DmaBuf.Machine;

/// <summary>
/// An IOMMU of the machine. Each device behind it starts in a domain of its own, which the device's DMA interface fills; importers that
/// manage translations themselves make domains with <see cref="CreateDomain(string)"/> and put a device in one with
/// <see cref="DmaEngineDevice.AttachDomain"/>.
/// </summary>
/// <remarks>Safe for calls from several threads.</remarks>
public sealed class SoftwareIommu
{
    private readonly PhysicalMemory _memory;
    private readonly DmaFaultLog _faults;

    internal SoftwareIommu(string name, DmaRange aperture, ulong smallestPage, PhysicalMemory memory, DmaFaultLog faults)
    {
        Name = name;
        Aperture = aperture;
        SmallestPage = smallestPage;
        _memory = memory;
        _faults = faults;
    }

    /// <summary>The name it was given in the builder.</summary>
    public string Name { get; }

    /// <summary>The I/O virtual addresses that devices' own domains use; no physical or bus address lies in it.</summary>
    public DmaRange Aperture { get; }

    /// <summary>The smallest page of its tables in bytes: 4096, or 2048 with twice as many slots in the lowest level.</summary>
    public ulong SmallestPage { get; }

    /// <summary>Makes an empty domain that the caller fills. It uses 2 MiB and 1 GiB pages where they fit.</summary>
    /// <param name="name">Its name in diagnostics.</param>
    public SoftwareIommuDomain CreateDomain(string name) => CreateDomain(name, usesHugePages: true);

    /// <summary>Makes an empty domain that the caller fills.</summary>
    /// <param name="name">Its name in diagnostics.</param>
    /// <param name="usesHugePages">False: every page is mapped by itself (the iommufd option <c>HUGE_PAGES</c> = 0).</param>
    public SoftwareIommuDomain CreateDomain(string name, bool usesHugePages)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new SoftwareIommuDomain(this, name, usesHugePages, _memory, _faults);
    }
}
