using DmaBuf.Linux.Tests.IommuFd;
using DmaBuf.Linux.Tests.Vfio;
using Microsoft.Win32.SafeHandles;

namespace DmaBuf.Linux.Tests.SharedTests;

/// <summary>The calls of /dev/iommu, with a device of the lab in the first space.</summary>
internal sealed class LabAddressSpaceSubject : AddressSpaceSubject
{
    private readonly IommuFdLab _lab = new();
    private readonly List<IommuFdAddressSpace> _others = [];
    private readonly MemoryFile _file = MemoryFile.Create("dmabuf-test file", FileLength);
    private readonly SafeFileHandle _unsuitable = File.OpenHandle("/dev/null");

    private LabAddressSpaceSubject() => _others.Add(_lab.Context.CreateAddressSpace());

    internal static async Task<AddressSpaceSubject> MakeAsync()
    {
        LabAddressSpaceSubject subject = new();
        await subject._lab.OpenAsync(LabDevices.Edu);
        return subject;
    }

    public override int Space => (int)_lab.Space.Id;

    public override int Other => (int)_others[0].Id;

    public override Errno EmptyPartOfNoFile => Errno.EINVAL;

    public override Errno MapFile(int flags, int space, FileKind file, ulong start, ulong length, ref ulong iova)
    {
        IommuFdUapi.iommu_ioas_map_file map = new()
        {
            size = UapiSize.Of<IommuFdUapi.iommu_ioas_map_file>(),
            flags = (uint)flags,
            ioas_id = (uint)space,
            fd = file switch
            {
                FileKind.Mappable => (int)_file.Descriptor.DangerousGetHandle(),
                FileKind.Unsuitable => (int)_unsuitable.DangerousGetHandle(),
                _ => -1,
            },
            start = start,
            length = length,
            iova = iova,
        };
        Errno errno = DeviceCall.Try(_lab.Context.Descriptor, IommuFdUapi.IOMMU_IOAS_MAP_FILE, ref map);
        iova = map.iova;
        return errno;
    }

    public override Errno Unmap(int space, ulong iova, ref ulong length)
    {
        IommuFdUapi.iommu_ioas_unmap unmap = new() { size = UapiSize.Of<IommuFdUapi.iommu_ioas_unmap>(), ioas_id = (uint)space, iova = iova, length = length };
        Errno errno = DeviceCall.Try(_lab.Context.Descriptor, IommuFdUapi.IOMMU_IOAS_UNMAP, ref unmap);
        length = unmap.length;
        return errno;
    }

    public override Errno Copy(int flags, int destination, int source, ulong sourceIova, ulong length, ref ulong iova)
    {
        IommuFdUapi.iommu_ioas_copy copy = new()
        {
            size = UapiSize.Of<IommuFdUapi.iommu_ioas_copy>(),
            flags = (uint)flags,
            dst_ioas_id = (uint)destination,
            src_ioas_id = (uint)source,
            length = length,
            dst_iova = iova,
            src_iova = sourceIova,
        };
        Errno errno = DeviceCall.Try(_lab.Context.Descriptor, IommuFdUapi.IOMMU_IOAS_COPY, ref copy);
        iova = copy.dst_iova;
        return errno;
    }

    public override unsafe Errno Allow(int space, params (ulong First, ulong Last)[] ranges)
    {
        IommuFdUapi.iommu_iova_range[] list = [.. ranges.Select(static range => new IommuFdUapi.iommu_iova_range { start = range.First, last = range.Last })];

        // SAFETY: the list stays where it is during the call, and has as many places as the call says.
        fixed (IommuFdUapi.iommu_iova_range* first = list)
        {
            IommuFdUapi.iommu_ioas_allow_iovas allow = new()
            {
                size = UapiSize.Of<IommuFdUapi.iommu_ioas_allow_iovas>(),
                ioas_id = (uint)space,
                num_iovas = (uint)list.Length,
                allowed_iovas = (ulong)first,
            };
            return DeviceCall.Try(_lab.Context.Descriptor, IommuFdUapi.IOMMU_IOAS_ALLOW_IOVAS, ref allow);
        }
    }

    public override int MakeSpaceOfSmallPages()
    {
        IommuFdAddressSpace space = _lab.Context.CreateAddressSpace();
        _others.Add(space);
        space.AllowHugePages(false);
        return (int)space.Id;
    }

    public override ValueTask DisposeAsync()
    {
        _others.ForEach(static space => space.Dispose());
        _lab.Dispose();
        _file.Dispose();
        _unsuitable.Dispose();
        return base.DisposeAsync();
    }

    public override string? FindLeftovers() => LabLeftovers.Find();
}
