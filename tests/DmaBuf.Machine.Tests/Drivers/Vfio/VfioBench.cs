using DmaBuf.Testing;

namespace DmaBuf.Machine.Tests;

/// <summary>
/// A device of the sample machine in the hands of a VFIO-like driver, an iommufd-like importer whose page tables two engines walk, and the end at which nothing may be
/// left of buffers, mappings, translations and power.
/// </summary>
internal sealed class VfioBench : IDisposable
{
    internal const ulong Page = 4096;
    internal const IoMapOptions Both = IoMapOptions.Readable | IoMapOptions.Writeable;
    internal const IoMapOptions Fixed = Both | IoMapOptions.FixedIova;

    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly LeakCheck _leaks;

    internal VfioBench(VfioPciDeviceOptions? options = null, int domains = 1)
    {
        Device = new VfioPciDevice(Machine.GetPciFunction(SampleMachine.Gpu), options);
        Context = new IommuFd(Access);
        Space = Context.CreateAddressSpace();
        foreach (string engine in new[] { SampleMachine.IommuEngine, SampleMachine.PeerEngine }.Take(domains))
        {
            SoftwareIommuDomain domain = Machine.GetIommu(SampleMachine.Iommu).CreateDomain(engine);
            Machine.GetEngine(engine).AttachDomain(domain);
            Space.AddDomain(domain);
            Domains.Add(domain);
        }

        _leaks = LeakCheck.Start(Registry);
    }

    internal SoftwareMachine Machine { get; } = SoftwareMachine.CreateSample();

    internal PhysicalAddressAccess Access { get; } = PhysicalAddressAccess.Grant("test");

    internal DmaBufferRegistry Registry { get; } = new();

    internal VfioPciDevice Device { get; }

    internal IommuFd Context { get; }

    internal IoAddressSpace Space { get; }

    internal List<SoftwareIommuDomain> Domains { get; } = [];

    internal DmaEngineDevice Engine => Machine.GetEngine(SampleMachine.IommuEngine);

    internal PciBar Bar => Device.Function.Bars[0];

    internal DmaBufferExportOptions Options => new() { Registry = Registry, Name = "bar" };

    /// <summary>How many problems the test means to cause.</summary>
    internal long Problems { get; set; }

    /// <summary>Two ranges that are not in the BAR's order: byte 0 of the buffer is byte 0x8000 of the BAR.</summary>
    internal DmaBuffer Export() => Device.CreateBuffer(0, [new BarRange(8 * Page, Page), new BarRange(0, 2 * Page)], Options);

    internal DmaAddress Map(DmaBuffer buffer, IoMapOptions flags = Both) => Context.MapFile(flags, Space.Id, buffer, 0, buffer.Size);

    internal byte ByteOfBar(ulong offset)
    {
        byte[] seen = new byte[1];
        Machine.Memory.Read(new PhysicalAddress(Bar.Range.Start.Value + offset), seen);
        return seen[0];
    }

    /// <summary>Whether a device that was programmed with an address reaches memory there.</summary>
    internal static bool Reaches(DmaEngineDevice engine, DmaAddress address)
    {
        try
        {
            engine.Read(address, new byte[1]);
            return true;
        }
        catch (DmaBufException fault) when (fault.Errno == Errno.EFAULT)
        {
            return false;
        }
    }

    public void Dispose()
    {
        Context.DestroyAddressSpace(Space.Id);
        Assert.All(Domains, static domain => Assert.Equal(0UL, domain.MappedBytes));
        Assert.Equal((0, 0, 0), (Space.AreaCount, Device.PowerReferences, Device.BufferCount));
        Assert.All(Machine.Engines, static engine => Assert.Equal(0, engine.LiveMappingCount));
        Access.Dispose();
        _leaks.Verify(Problems);
    }
}
