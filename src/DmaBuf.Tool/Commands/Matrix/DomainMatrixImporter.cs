using DmaBuf.Machine;

namespace DmaBuf.Tool;

/// <summary>An owner of an I/O page table, as a virtual machine monitor is: brings its domain, never sees an address of the memory, and lets an engine in it move the bytes.</summary>
internal sealed class DomainMatrixImporter(string name, DmaEngineDevice engine, SoftwareIommuDomain domain) : MatrixImporter(name, isReal: false)
{
    internal static readonly DmaAddress GuestAddress = new(0x40_0000);

    internal override DmaBufferImporter Party { get; } = new(name);

    internal override MappingRequestList Requests { get; } = [IommuDomainMappingType.Request(domain)];

    internal override MatrixTransfer Move(Attachment attachment, MatrixBuffer buffer, CancellationToken cancellationToken)
    {
        engine.AttachDomain(domain);
        try
        {
            using IommuDomainMapping mapping = ((IommuDomainAttachment)attachment).MapIommuDomain(
                GuestAddress, DmaDirection.Bidirectional, cancellationToken);
            return new MatrixTransfer(mapping.Cost, null, EngineMatrixImporter.Move(engine, [mapping.Range], buffer));
        }
        finally
        {
            engine.DetachDomain();
        }
    }
}
