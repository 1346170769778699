namespace DmaBuf.Machine.Tests.SharedTests;

/// <summary>The calls of <see cref="IommuFd"/>.</summary>
internal sealed class SoftwareAddressSpaceSubject : AddressSpaceSubject
{
    private readonly SoftwareMachine _machine = SoftwareMachine.CreateSample();
    private readonly PhysicalAddressAccess _access = PhysicalAddressAccess.Grant("shared tests");
    private readonly IommuFd _iommufd;
    private readonly List<IoAddressSpace> _spaces = [];
    private readonly DmaBuffer _file;

    internal SoftwareAddressSpaceSubject()
    {
        _iommufd = new IommuFd(_access);
        _spaces.Add(_iommufd.CreateAddressSpace());
        _spaces.Add(_iommufd.CreateAddressSpace());
        _spaces[0].Reserve(SoftwareSubject.Interrupts);
        SoftwareIommuDomain domain = _machine.GetIommu(SampleMachine.Iommu).CreateDomain("shared tests");
        _machine.GetEngine(SampleMachine.IommuEngine).AttachDomain(domain);
        _spaces[0].AddDomain(domain);
        _file = PhysicalRamExporter.Export(_machine, FileLength);
    }

    public override int Space => _spaces[0].Id;

    public override int Other => _spaces[1].Id;

    public override Errno EmptyPartOfNoFile => Errno.EBADF;

    public override Errno MapFile(int flags, int space, FileKind file, ulong start, ulong length, ref ulong iova)
    {
        object? given = file switch
        {
            FileKind.Mappable => _file,
            FileKind.Unsuitable => "a file of another kind",
            _ => null,
        };
        DmaAddress at = new(iova);
        Errno errno = Call(() => at = _iommufd.MapFile((IoMapOptions)flags, space, given, start, length, at));
        iova = at.Value;
        return errno;
    }

    public override Errno Unmap(int space, ulong iova, ref ulong length)
    {
        ulong unmapped = length;
        Errno errno = Call(() => unmapped = _iommufd.Unmap(space, new DmaAddress(iova), unmapped));
        length = unmapped;
        return errno;
    }

    public override Errno Copy(int flags, int destination, int source, ulong sourceIova, ulong length, ref ulong iova)
    {
        DmaAddress at = new(iova);
        Errno errno = Call(() => at = _iommufd.Copy((IoMapOptions)flags, destination, source, new DmaAddress(sourceIova), length, at));
        iova = at.Value;
        return errno;
    }

    public override Errno Allow(int space, params (ulong First, ulong Last)[] ranges) => Call(() =>
        _spaces.Single(one => one.Id == space).Allow([.. ranges.Select(static range => new DmaRange(new DmaAddress(range.First), range.Last - range.First + 1))]));

    public override int MakeSpaceOfSmallPages()
    {
        _spaces.Add(_iommufd.CreateAddressSpace(new IoAddressSpaceOptions { HugePages = false }));
        return _spaces[^1].Id;
    }

    public override ValueTask DisposeAsync()
    {
        _spaces.ForEach(space => _iommufd.DestroyAddressSpace(space.Id));
        _machine.GetEngine(SampleMachine.IommuEngine).DetachDomain();
        _file.Dispose();
        _access.Dispose();
        return base.DisposeAsync();
    }

    public override string? FindLeftovers() => SoftwareSubject.Leftovers(_machine);

    private static Errno Call(Action call)
    {
        try
        {
            call();
            return Errno.None;
        }
        catch (DmaBufException refused)
        {
            return refused.Errno;
        }
    }
}
