namespace DmaBuf;

/// <summary>Physical list into an importer's I/O page table: the importer never sees an address of it.</summary>
internal sealed class ConvertedIommuDomain(PhysicalAddressListSource source) : IIommuDomainOperations
{
    public object? MapIommuDomain(IommuDomainAttachment attachment, DmaAddress address, DmaDirection direction, in ReservationLock held)
    {
        PhysicalAddressList list = source.Take(attachment, in held);
        bool mapped = false;
        try
        {
            PhysicalAddressListConversion.ToDomain(list, attachment.Domain, address, direction);
            mapped = true;
            return list;
        }
        finally
        {
            if (!mapped)
            {
                source.GiveBack(attachment, list, in held);
            }
        }
    }

    public void UnmapIommuDomain(IommuDomainAttachment attachment, DmaAddress address, object? state, in ReservationLock held)
    {
        PhysicalAddressList list = (PhysicalAddressList)state!;
        attachment.Domain.Unmap(new DmaRange(address, list.TotalLength));
        source.GiveBack(attachment, list, in held);
    }
}
