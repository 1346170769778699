namespace DmaBuf;

/// <summary>Physical list to scatter/gather table: the list lives as long as the table.</summary>
internal sealed class ConvertedScatterGather(PhysicalAddressListSource source) : IScatterGatherOperations
{
    public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
    {
        PhysicalAddressList list = source.Take(attachment, in held);
        bool mapped = false;
        try
        {
            ScatterGatherBacking backing = PhysicalAddressListConversion.ToScatterGather(list, source.Provider, attachment.Device, direction);
            backing.MarkConverted(list, source.Cost);
            mapped = true;
            return backing;
        }
        finally
        {
            if (!mapped)
            {
                source.GiveBack(attachment, list, in held);
            }
        }
    }

    public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
    {
        backing.Release();
        source.GiveBack(attachment, backing.Origin!, in held);
    }
}
