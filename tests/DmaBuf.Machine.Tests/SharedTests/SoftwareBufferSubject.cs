namespace DmaBuf.Machine.Tests.SharedTests;

/// <summary>An exporter of the software machine, and engines that reach its memory.</summary>
internal sealed class SoftwareBufferSubject(Func<SoftwareMachine, DmaBuffer> export) : BufferSubject
{
    private readonly SoftwareMachine _machine = SoftwareMachine.CreateSample();

    public override DmaBuffer Export() => export(_machine);

    public override IBufferUser Attach(DmaBuffer buffer, string name) => new SoftwareBufferUser(_machine.GetEngine(name == "one" ? SampleMachine.DirectEngine : SampleMachine.IommuEngine), buffer);

    public override (MappingRequest Request, string Property) Declined() =>
        (ScatterGatherMappingType.Request(_machine.GetEngine(SampleMachine.IommuEngine), ceiling: MappingCost.None), "cost");

    public override string? FindLeftovers() => SoftwareSubject.Leftovers(_machine);
}
