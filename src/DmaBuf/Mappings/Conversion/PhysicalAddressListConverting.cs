namespace DmaBuf;

/// <summary>
/// The converters of upstream's last word (spec 10.4): the exporter offers physical lists alone, and the core, the only one that sees both sides, serves importers of
/// other types from them. Depth one; the list is never reachable from the attachment that comes of it.
/// </summary>
internal static class PhysicalAddressListConverting
{
    internal static ReadOnlySpan<MappingOffer> Offers(PhysicalAddressListSource source, PhysicalAddressListOfferOptions options)
    {
        List<MappingOffer> offers = [];
        if ((options.Converters & PhysicalAddressConverters.ScatterGather) != 0)
        {
            ConvertedScatterGather operations = new(source);
            offers.Add(options.Kind == PhysicalMemoryKind.Mmio
                ? ScatterGatherMappingType.OfferPeerToPeer(operations, PeerToPeerRequirement.RequiresDistance, options.Provider!.Device, options.Cost)
                : ScatterGatherMappingType.Offer(operations, options.Cost));
        }

        if ((options.Converters & PhysicalAddressConverters.IommuDomain) != 0)
        {
            offers.Add(IommuDomainMappingType.Offer(new ConvertedIommuDomain(source), options.Limits.PageSize, options.Cost));
        }

        return offers.ToArray();
    }
}
