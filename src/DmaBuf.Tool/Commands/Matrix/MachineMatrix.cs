using DmaBuf.Machine;

namespace DmaBuf.Tool;

/// <summary>The exporters and importers of the sample machine, which is made anew for each run of the matrix.</summary>
internal sealed class MachineMatrix(MatrixMutation mutation) : IDisposable
{
    private const int Size = 16 * 4096;

    private readonly SoftwareMachine _machine = SoftwareMachine.CreateSample();
    private readonly PhysicalAddressAccess _access = PhysicalAddressAccess.Grant("dmabuf matrix");

    private PciBar GpuBar => _machine.GetPciFunction(SampleMachine.Gpu).Bars[0];

    internal IReadOnlyList<MatrixExporter> Exporters =>
    [
        new("ram", IsReal: false, () => Fill(RamExporter.Export(_machine, Size), static operations => ScatterGatherMappingType.Offer(operations))),
        new("bar", IsReal: false, () => Fill(BarExporter.Export(_machine, GpuBar, 0, Size), null)),
        new("peer-bar", IsReal: false, () => Fill(PeerToPeerBarExporter.Export(_machine, GpuBar, 0, Size), OfferPeerToPeer)),
        new("physical-ram", IsReal: false, () => Fill(PhysicalRamExporter.Export(_machine, Size), null)),
    ];

    internal IReadOnlyList<MatrixImporter> Importers
    {
        get
        {
            DmaEngineDevice engine = _machine.GetEngine(SampleMachine.IommuEngine);
            SoftwareIommu iommu = _machine.GetIommu(SampleMachine.Iommu);
            return
            [
                new EngineMatrixImporter("engine behind IOMMU", engine),
                new EngineMatrixImporter("engine without IOMMU", _machine.GetEngine(SampleMachine.PlatformEngine)),
                Peer("peer at the switch", SampleMachine.PeerEngine),
                Peer("peer across the bridge", SampleMachine.DirectEngine),
                Peer("peer off the bus", SampleMachine.PlatformEngine),
                new DomainMatrixImporter("page table", engine, iommu.CreateDomain("page table")),
                new ListMatrixImporter(new MatrixPeer("trusted page table"), engine, iommu.CreateDomain("trusted page table"), _access),
                new ListMatrixImporter(new DmaBufferImporter("static trusted page table"), engine, iommu.CreateDomain("static trusted page table"), _access),
            ];
        }
    }

    public void Dispose() => _access.Dispose();

    private EngineMatrixImporter Peer(string name, string engine) => new(name, _machine.GetEngine(engine), new MatrixPeer(name));

    private MappingOffer OfferPeerToPeer(IScatterGatherOperations operations)
        => ScatterGatherMappingType.OfferPeerToPeer(operations, PeerToPeerRequirement.RequiresDistance, GpuBar.Function);

    /// <summary>Writes known bytes, and puts the mutation in front of an exporter that makes tables itself.</summary>
    private MatrixBuffer Fill(DmaBuffer buffer, MappingOfferFactory? offer)
    {
        byte[] contents = MatrixPattern.Make(Size, seed: 1);
        MachineExporter exporter = (MachineExporter)buffer.Exporter;
        exporter.Write(0, contents);
        DmaBuffer seen = mutation == MatrixMutation.None || offer is null || exporter is not IScatterGatherOperations operations
            ? buffer
            : DmaBuffer.Export(new MutatedExporter(buffer, operations, offer, mutation), Size);
        return new MatrixBuffer(seen, contents, destination => exporter.Read(0, destination));
    }
}
