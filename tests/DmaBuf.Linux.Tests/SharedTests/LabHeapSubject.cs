namespace DmaBuf.Linux.Tests.SharedTests;

/// <summary>A heap of the kernel.</summary>
internal sealed class LabHeapSubject(string name) : HeapSubject
{
    private readonly DmaHeap _heap = DmaHeap.Open(name);

    public override DmaBuffer Allocate(ulong length) => HeapExporter.Export(_heap, length);

    public override byte[] Look(DmaBuffer buffer)
    {
        using LabBufferUser user = new(buffer, "looker");
        byte[] bytes = new byte[buffer.Size];
        user.Read(0, bytes);
        return bytes;
    }

    public override ValueTask DisposeAsync()
    {
        _heap.Dispose();
        return base.DisposeAsync();
    }

    public override string? FindLeftovers() => LabLeftovers.Find();
}
