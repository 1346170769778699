namespace DmaBuf.Linux.Tests.SharedTests;

/// <summary>A program that maps a buffer for each access.</summary>
internal sealed class LabBufferUser(DmaBuffer buffer, string name) : IBufferUser
{
    private readonly CpuAttachment _attachment = buffer.Attach(new DmaBufferImporter(name), CpuMappingType.Request(CpuAccess.ReadWrite));

    public void Read(ulong offset, Span<byte> destination)
    {
        using CpuMapping mapping = _attachment.MapCpu();
        using CpuReadLease lease = mapping.Read();
        lease.Window(offset, destination.Length).CopyTo(destination);
    }

    public void Write(ulong offset, ReadOnlySpan<byte> source)
    {
        using CpuMapping mapping = _attachment.MapCpu();
        using CpuWriteLease lease = mapping.Write();
        source.CopyTo(lease.Window(offset, source.Length));
    }

    public void Dispose() => _attachment.Dispose();
}
