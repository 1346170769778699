using DmaBuf.Testing;

namespace DmaBuf.Tests.Conformance;

/// <summary>An array that the CPU maps. Spans cannot leave their access, so there is nothing to copy out.</summary>
internal sealed class CpuSubject : MappingTypeSubject
{
    public override DmaBuffer Export(DmaBufferExportOptions options) => DmaBuffer.Export(new ArrayExporter(new byte[4096], CpuAccess.Read), 4096, options);

    public override MappingRequest AcceptedRequest() => CpuMappingType.Request(CpuAccess.Read);

    public override MappingRequest? DeclinedRequest() => CpuMappingType.Request(CpuAccess.ReadWrite);

    public override Mapping Map(Attachment attachment) => ((CpuAttachment)attachment).MapCpu();

    public override Mapping? MapLocked(Attachment attachment, in ReservationLock held) => ((CpuAttachment)attachment).MapCpuLocked(in held);

    public override void Access(Mapping mapping, Action inside)
    {
        using CpuReadLease lease = ((CpuMapping)mapping).Read();
        Assert.Equal(4096, lease.Span.Length);
        inside();
    }
}
