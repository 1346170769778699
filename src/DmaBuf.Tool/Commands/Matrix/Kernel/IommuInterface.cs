using DmaBuf.Linux;
using DmaBuf.Samples.Vfio;

namespace DmaBuf.Tool;

/// <summary>The kernel's interface to the IOMMU, whichever it has: iommufd, or VFIO type 1.</summary>
internal abstract class IommuInterface : IDisposable
{
    internal static IommuInterface Open() => File.Exists("/dev/iommu") ? new ByIommuFd() : new ByTypeOne();

    internal abstract VfioDevice OpenDevice(SysfsPciDevice function);

    internal abstract MatrixImporter CreateImporter(EduDevice engine);

    public abstract void Dispose();

    private sealed class ByIommuFd : IommuInterface
    {
        // Far below the last address that the engine can form, and beyond what PCs reserve.
        private static readonly DmaAddress s_at = new(0x0400_0000);

        private readonly IommuFdContext _context = IommuFdContext.Open();
        private readonly IommuFdAddressSpace _space;

        internal ByIommuFd() => _space = _context.CreateAddressSpace();

        internal override VfioDevice OpenDevice(SysfsPciDevice function)
        {
            VfioDevice device = _context.OpenDevice(function);
            try
            {
                device.AttachTo(_space);
                return device;
            }
            catch
            {
                device.Dispose();
                throw;
            }
        }

        internal override MatrixImporter CreateImporter(EduDevice engine)
        {
            IommuFdImporter importer = new(_space);
            return new EduMatrixImporter("iommufd", engine, importer, importer.Requests(at: s_at), [importer.RequestAny(at: s_at)]);
        }

        public override void Dispose()
        {
            _space.Dispose();
            _context.Dispose();
        }
    }

    private sealed class ByTypeOne : IommuInterface
    {
        private readonly VfioContainer _container = VfioContainer.Open();
        private readonly List<VfioGroup> _groups = [];

        internal override VfioDevice OpenDevice(SysfsPciDevice function)
        {
            VfioGroup? group = _groups.Find(one => one.Number == function.IommuGroup);
            if (group is null)
            {
                group = VfioGroup.Open(function);
                _groups.Add(group);
                _container.Add(group);
            }

            return group.OpenDevice(function);
        }

        internal override MatrixImporter CreateImporter(EduDevice engine)
        {
            VfioTypeOneImporter importer = new(_container, new IovaRangeAllocator(_container.ReadLimits(), EduDevice.LastAddress));
            return new EduMatrixImporter("vfio type 1", engine, importer, [importer.Request()], [importer.RequestAny()]);
        }

        public override void Dispose()
        {
            foreach (VfioGroup group in _groups)
            {
                group.Dispose();
            }

            _container.Dispose();
        }
    }
}
