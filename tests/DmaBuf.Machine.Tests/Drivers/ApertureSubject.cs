using DmaBuf.Testing;

namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>The aperture's mapping type, of a virtual function's buffer.</summary>
internal sealed class ApertureSubject : MappingTypeSubject
{
    private readonly DriverBench _bench = new();
    private readonly List<VirtualFunctionExporter> _exporters = [];

    // Nothing stands between a physical function and its own memory, and the exporter needs it back.
    public override bool TakesStaticImporters => false;

    private PciBar Aperture => _bench.Bar("gpu3-vf0");

    public override DmaBuffer Export(DmaBufferExportOptions options)
    {
        DmaBuffer buffer = VirtualFunctionExporter.Export(_bench.Partitioned, Aperture, [new ApertureRange(0x3000, 0x1000), new ApertureRange(0x1000, 0x1000)], options);
        _exporters.Add((VirtualFunctionExporter)buffer.Exporter);
        return buffer;
    }

    public override MappingRequest AcceptedRequest() => ApertureMappingType.Request(_bench.Partitioned.PhysicalFunction, Aperture);

    public override MappingRequest? DeclinedRequest() => ApertureMappingType.Request(_bench.Machine.GetPciFunction("gpu2"), Aperture);

    public override Mapping Map(Attachment attachment) => ((ApertureAttachment)attachment).MapAperture();

    public override Mapping? MapLocked(Attachment attachment, in ReservationLock held) => ((ApertureAttachment)attachment).MapApertureLocked(in held);

    public override void Access(Mapping mapping, Action inside) => ((ApertureMapping)mapping).Use(ranges =>
    {
        _bench.Partitioned.Write(_bench.Partitioned.Translate(Aperture, ranges[0]), [7]);
        inside();
        return 0;
    });

    public override string? FindLeftovers()
    {
        int mappings = _exporters.Sum(static exporter => exporter.ApertureMappings);
        return mappings == 0 ? null : $"{mappings} mappings of the aperture";
    }
}
