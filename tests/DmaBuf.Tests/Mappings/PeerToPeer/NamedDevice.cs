namespace DmaBuf.Tests.Mappings.PeerToPeer;

/// <summary>An importing device that is only looked at, never mapped for.</summary>
internal sealed class NamedDevice(MappingCost cost = MappingCost.None) : IDmaDevice
{
    public string Name => "0000:04:00.0";

    public IPciDevice? PciDevice => null;

    public MappingCost RangeMappingCost => cost;

    public DmaAddress MapRange(PhysicalRange range, DmaDirection direction, DmaAttributes attributes)
        => throw new DmaBufException(Errno.EFAULT, "This device is never mapped for.");

    public void UnmapRange(DmaRange range, DmaDirection direction, DmaAttributes attributes)
    {
    }

    public IIovaReservation? TryReserveIova(ulong length) => null;
}
