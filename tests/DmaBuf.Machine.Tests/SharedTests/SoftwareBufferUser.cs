namespace DmaBuf.Machine.Tests.SharedTests;

/// <summary>A device's driver that lets go when it is told to.</summary>
internal sealed class SoftwareBufferUser(DmaEngineDevice engine, DmaBuffer buffer) : IBufferUser
{
    private readonly DynamicDmaImporter _driver = new(engine, buffer);

    public void Read(ulong offset, Span<byte> destination) => _driver.Read(offset, destination);

    public void Write(ulong offset, ReadOnlySpan<byte> source) => _driver.Write(offset, source);

    public void Dispose() => _driver.Dispose();
}
