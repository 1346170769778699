using DmaBuf.Testing;

namespace DmaBuf.Linux.Tests.Exporters;

/// <summary>Sealed memory as the subject of the conformance kit.</summary>
internal sealed class MemoryFileSubject : MappingTypeSubject
{
    public override DmaBuffer Export(DmaBufferExportOptions options)
    {
        MemoryFile file = MemoryFile.Create("subject", 8192);
        try
        {
            file.Seal(MemorySeals.ReadOnly);
            return MemoryFileExporter.Export(file, options);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public override MappingRequest AcceptedRequest() => CpuMappingType.Request(CpuAccess.Read);

    public override MappingRequest? DeclinedRequest() => CpuMappingType.Request(CpuAccess.ReadWrite);

    public override Mapping Map(Attachment attachment) => ((CpuAttachment)attachment).MapCpu();

    public override void Access(Mapping mapping, Action inside)
    {
        using CpuReadLease lease = ((CpuMapping)mapping).Read();
        Assert.Equal(0, lease.Span[8191]);
        inside();

        // Also after a forced revoke inside this access the address can be read: zeros, and no fault.
        Assert.Equal(0, lease.Span[0]);
    }
}
