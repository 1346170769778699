using DmaBuf.Testing;

namespace DmaBuf.Linux.Tests.Exporters;

/// <summary>A part of a BAR, reached by the CPU, as the subject of the conformance kit. The device stays open for all its scenarios.</summary>
internal sealed class VfioRegionSubject(VfioRegion bar) : MappingTypeSubject
{
    public override DmaBuffer Export(DmaBufferExportOptions options) => VfioRegionExporter.Export(bar, [new VfioRegionRange(0, 8192)], options);

    public override MappingRequest AcceptedRequest() => CpuMappingType.Request(CpuAccess.Read);

    public override MappingRequest? DeclinedRequest() => DescriptorMappingType.Request(new DescriptorNeeds { Kinds = DescriptorKind.MemoryFile });

    public override Mapping Map(Attachment attachment) => ((CpuAttachment)attachment).MapCpu();

    public override Mapping? MapLocked(Attachment attachment, in ReservationLock held) => ((CpuAttachment)attachment).MapCpuLocked(in held);

    public override void Access(Mapping mapping, Action inside)
    {
        using CpuReadLease lease = ((CpuMapping)mapping).Read();
        _ = lease.Span[8191];
        inside();

        // Also after a forced revoke inside this access the address can be read, and no fault comes.
        _ = lease.Span[0];
    }
}
