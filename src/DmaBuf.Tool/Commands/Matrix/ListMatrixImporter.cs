using DmaBuf.Machine;

namespace DmaBuf.Tool;

/// <summary>
/// An owner of an I/O page table that is trusted with physical addresses: it writes its table from the list itself, and lets an engine in it move the bytes. Nobody
/// else can take an address back, so exporters that may have to take memory away serve it only if it can be told to let go.
/// </summary>
internal sealed class ListMatrixImporter(DmaBufferImporter party, DmaEngineDevice engine, SoftwareIommuDomain domain, PhysicalAddressAccess access)
    : MatrixImporter(party.Name, isReal: false)
{
    private readonly MatrixPeer? _peer = party as MatrixPeer;

    internal override DmaBufferImporter Party => party;

    internal override MappingRequestList Requests { get; } = [PhysicalAddressListMappingType.Request(access)];

    internal override MatrixTransfer Move(Attachment attachment, MatrixBuffer buffer, CancellationToken cancellationToken)
    {
        engine.AttachDomain(domain);
        try
        {
            return MoveInDomain((PhysicalAddressListAttachment)attachment, buffer, cancellationToken);
        }
        finally
        {
            engine.DetachDomain();
        }
    }

    // The page table is emptied before the list goes back: nothing may lead to the memory after its unmap.
    private MatrixTransfer MoveInDomain(PhysicalAddressListAttachment attachment, MatrixBuffer buffer, CancellationToken cancellationToken)
    {
        DmaRange window = new(DomainMatrixImporter.GuestAddress, attachment.Buffer.Size);
        using PhysicalAddressListMapping mapping = attachment.MapPhysicalAddressList(cancellationToken);
        _peer?.StopUsing = () => domain.Unmap(window);
        _peer?.Holding = mapping;
        try
        {
            Install(mapping, window.Start.Value);
            return new MatrixTransfer(mapping.Cost, null, EngineMatrixImporter.Move(engine, [window], buffer));
        }
        finally
        {
            _peer?.Holding = null;
            domain.Unmap(window);
        }
    }

    private void Install(PhysicalAddressListMapping mapping, ulong address)
    {
        using PhysicalAddressListLease lease = mapping.ReadList();
        DmaAttributes attributes = lease.Kind == PhysicalMemoryKind.Mmio ? DmaAttributes.Mmio : DmaAttributes.None;
        foreach (PhysicalRange range in lease.Entries)
        {
            domain.Map(new DmaAddress(address), range, DmaDirection.Bidirectional, attributes);
            address += range.Length;
        }
    }
}
