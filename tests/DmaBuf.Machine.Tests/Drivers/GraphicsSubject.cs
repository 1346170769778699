namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>
/// A movable GPU's buffer. Without peers it begins in system memory: a first map that migrates tells its own importer of the move, which the kit's rules do not foresee
/// (<see cref="MigrationTests"/> covers it).
/// </summary>
internal sealed class GraphicsSubject(string engine, bool peers)
    : ExporterSubject.Table(static (_, _) => throw new NotSupportedException(), engine, peers ? PeerToPeerAcceptance.Accepted : PeerToPeerAcceptance.NotAccepted)
{
    private readonly List<DmaBuffer> _buffers = [];
    private GraphicsProcessor? _gpu;

    public override bool TakesStaticImporters => !peers;

    public override DmaBuffer Export(DmaBufferExportOptions options)
    {
        _gpu ??= new GraphicsProcessor(Machine, Machine.GetPciFunction(SampleMachine.Gpu).Bars[0]);
        DmaBuffer buffer = _gpu.Export(3 * Expect.Page, new GraphicsBufferOptions { MayMigrate = !peers, Placement = peers ? GraphicsPlacement.DeviceMemory : GraphicsPlacement.SystemMemory }, options);
        _buffers.Add(buffer);
        return buffer;
    }

    public override MappingRequest? DeclinedRequest() => peers ? base.DeclinedRequest() : ScatterGatherMappingType.Request(Machine.Engines[0], ceiling: MappingCost.None);

    public override string? FindLeftovers()
    {
        _buffers.ForEach(DriverBench.Settle);
        return _gpu is { AllocatedBytes: 0, PowerReferences: 0 } or null
            ? base.FindLeftovers()
            : $"{_gpu.AllocatedBytes} bytes of device memory and {_gpu.PowerReferences} power references";
    }
}
