using System.Runtime.InteropServices;
using DmaBuf.Testing;

namespace DmaBuf.Linux.Tests.Exporters;

/// <summary>Memory of the system heap as the subject of the conformance kit.</summary>
internal abstract class KernelBufferSubject : MappingTypeSubject
{
    public override DmaBuffer Export(DmaBufferExportOptions options)
    {
        using DmaHeap heap = DmaHeap.Open("system");
        return HeapExporter.Export(heap, 8192, options);
    }

    /// <summary>The CPU maps it, and brackets its accesses.</summary>
    internal sealed class Cpu : KernelBufferSubject
    {
        public override MappingRequest AcceptedRequest() => CpuMappingType.Request(CpuAccess.ReadWrite);

        public override MappingRequest? DeclinedRequest() => CpuMappingType.Request(CpuAccess.Read, CpuCoherency.Coherent);

        public override Mapping Map(Attachment attachment) => ((CpuAttachment)attachment).MapCpu();

        public override Mapping? MapLocked(Attachment attachment, in ReservationLock held) => ((CpuAttachment)attachment).MapCpuLocked(in held);

        public override void Access(Mapping mapping, Action inside)
        {
            using CpuReadLease lease = ((CpuMapping)mapping).Read();
            Assert.Equal(0, lease.Span[8191]);
            inside();

            // Also after a forced revoke inside this access the address can be read: zeros, and no fault.
            Assert.Equal(0, lease.Span[0]);
        }
    }

    /// <summary>Its descriptor is passed on.</summary>
    internal sealed class Descriptor : KernelBufferSubject
    {
        private readonly List<SafeHandle> _seen = [];

        public override MappingRequest AcceptedRequest() => DescriptorMappingType.Request(new DescriptorNeeds { Kinds = DescriptorKind.DmaBuf, ExporterName = "system" });

        public override MappingRequest? DeclinedRequest() => DescriptorMappingType.Request(new DescriptorNeeds { PinnableByAddress = true });

        public override Mapping Map(Attachment attachment) => ((DescriptorAttachment)attachment).MapDescriptor();

        public override Mapping? MapLocked(Attachment attachment, in ReservationLock held) => ((DescriptorAttachment)attachment).MapDescriptorLocked(in held);

        public override void Access(Mapping mapping, Action inside)
        {
            using DescriptorLease lease = ((DescriptorMapping)mapping).Borrow();
            lock (_seen)
            {
                _seen.Add(lease.Handle);
            }

            Assert.False(lease.Handle.IsClosed);
            inside();
        }

        public override string? FindLeftovers() => _seen.All(static handle => handle.IsClosed) ? null : "a descriptor is open";
    }
}
