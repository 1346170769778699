namespace DmaBuf.Tests.Fakes;

/// <summary>A registry of its own for each test, whose end is the leak check: no buffer left, no problem reported that the test did not expect.</summary>
public abstract class BufferFixture : IDisposable
{
    internal DmaBufferRegistry Registry { get; } = new();

    internal DmaBufferImporter Importer { get; } = new("importer");

    internal long ExpectedProblems { get; set; }

    public void Dispose()
    {
        Assert.Equal(0, Registry.Count);
        Assert.True(Registry.ProblemCount == ExpectedProblems, string.Join('\n', Registry.Problems));
        GC.SuppressFinalize(this);
    }

    internal DmaBuffer Export(DmaBufferExporter exporter, ulong size = 4096, string? name = null)
        => DmaBuffer.Export(exporter, size, new DmaBufferExportOptions { Registry = Registry, Name = name });

    internal DmaBuffer Export(params MappingOffer[] offers) => Export(new FakeExporter(offers));
}
