namespace DmaBuf.Linux.Tests.SharedTests;

/// <summary>A buffer of the kernel, which several programs map.</summary>
internal sealed class LabBufferSubject(Func<DmaBuffer> export) : BufferSubject
{
    public override DmaBuffer Export() => export();

    public override IBufferUser Attach(DmaBuffer buffer, string name) => new LabBufferUser(buffer, name);

    public override (MappingRequest Request, string Property) Declined() => (CpuMappingType.Request(CpuAccess.Read, CpuCoherency.Coherent), "coherency");

    public override string? FindLeftovers() => LabLeftovers.Find();
}
