namespace DmaBuf.Machine.Tests.SharedTests;

/// <summary>The DMA engine in a domain that an address space of <see cref="IommuFd"/> fills.</summary>
internal sealed class SoftwareIommuFdSubject : SoftwareDmaSubject
{
    private readonly PhysicalAddressAccess _access = PhysicalAddressAccess.Grant("shared tests");
    private readonly IommuFd _iommufd;
    private readonly IoAddressSpace _space;
    private readonly SoftwareIommuDomain _domain;

    internal SoftwareIommuFdSubject()
    {
        _iommufd = new IommuFd(_access);
        _space = _iommufd.CreateAddressSpace();
        _space.Reserve(SoftwareSubject.Interrupts);
        _domain = Machine.GetIommu(SampleMachine.Iommu).CreateDomain("shared tests");
        Engine.AttachDomain(_domain);
        _space.AddDomain(_domain);
    }

    public override DmaBuffer Export(int pages) => PhysicalRamExporter.Export(Machine, (ulong)pages * Page);

    /// <summary>An exporter that maps for devices itself tells nobody where its pages lie.</summary>
    public override (DmaBuffer Buffer, string Property) ExportForeign() => (RamExporter.Export(Machine, Page), "PhysicalAddressList");

    public override DeviceMapping Map(DmaBuffer buffer, DmaDirection direction, DmaAddress? at)
    {
        IoMapOptions flags = direction switch
        {
            DmaDirection.ToDevice => IoMapOptions.Readable,
            DmaDirection.FromDevice => IoMapOptions.Writeable,
            _ => IoMapOptions.Readable | IoMapOptions.Writeable,
        };
        DmaAddress start = _iommufd.MapFile(at is null ? flags : flags | IoMapOptions.FixedIova, _space.Id, buffer, 0, buffer.Size, at ?? default);
        bool ended = false;
        return DeviceMapping.Of(start, buffer.Size, () =>
        {
            if (!ended)
            {
                ended = true;
                _iommufd.Unmap(_space.Id, start, buffer.Size);
            }
        });
    }

    public override ValueTask DisposeAsync()
    {
        _iommufd.DestroyAddressSpace(_space.Id);
        Engine.DetachDomain();
        _access.Dispose();
        Assert.Equal(0UL, _domain.MappedBytes);
        return base.DisposeAsync();
    }
}
