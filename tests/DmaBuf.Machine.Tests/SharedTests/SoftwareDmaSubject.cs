namespace DmaBuf.Machine.Tests.SharedTests;

/// <summary>A DMA engine of the sample machine, at whose memory the exporter looks as its driver would.</summary>
internal abstract class SoftwareDmaSubject : DmaSubject
{
    protected SoftwareMachine Machine { get; } = SoftwareMachine.CreateSample();

    protected DmaEngineDevice Engine => Machine.GetEngine(SampleMachine.IommuEngine);

    public override string? FindLeftovers() => SoftwareSubject.Leftovers(Machine);

    public override byte[] Look(DmaBuffer buffer, int page = 0)
    {
        byte[] bytes = new byte[Page];
        MemoryOf(buffer).Read((ulong)page * Page, bytes);
        return bytes;
    }

    public override void Fill(DmaBuffer buffer, byte[] bytes, int page = 0) => MemoryOf(buffer).Write((ulong)page * Page, bytes);

    public override Task WriteAsync(DmaAddress to, byte[] page)
    {
        SoftwareSubject.Try(() => Engine.Write(to, page));
        return Task.CompletedTask;
    }

    public override Task<byte[]> ReadAsync(DmaAddress from)
    {
        byte[] page = new byte[Page];
        SoftwareSubject.Try(() => Engine.Read(from, page));
        return Task.FromResult(page);
    }

    private static MachineExporter MemoryOf(DmaBuffer buffer) => (MachineExporter)buffer.Exporter;
}
