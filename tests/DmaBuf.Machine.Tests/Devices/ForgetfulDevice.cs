namespace DmaBuf.Machine.Tests;

/// <summary>A mutant: an engine whose driver maps and unmaps, and forgets that its mappings have to be synchronised.</summary>
internal sealed class ForgetfulDevice(DmaEngineDevice engine) : IDmaDevice
{
    public string Name => engine.Name;

    public IPciDevice? PciDevice => engine.PciDevice;

    public MappingCost RangeMappingCost => engine.RangeMappingCost;

    public DmaAddress MapRange(PhysicalRange range, DmaDirection direction, DmaAttributes attributes) => engine.MapRange(range, direction, attributes);

    public void UnmapRange(DmaRange range, DmaDirection direction, DmaAttributes attributes) => engine.UnmapRange(range, direction, attributes);

    public IIovaReservation? TryReserveIova(ulong length) => engine.TryReserveIova(length);
}
