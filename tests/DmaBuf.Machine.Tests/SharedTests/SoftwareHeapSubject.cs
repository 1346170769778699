namespace DmaBuf.Machine.Tests.SharedTests;

/// <summary>A heap of the software machine.</summary>
internal sealed class SoftwareHeapSubject : HeapSubject
{
    private readonly SoftwareMachine _machine = SoftwareMachine.CreateSample();
    private readonly DmaHeap _heap;

    internal SoftwareHeapSubject(Func<SoftwareMachine, DmaHeap> make) => _heap = make(_machine);

    public override DmaBuffer Allocate(ulong length) => _heap.Allocate(length);

    public override byte[] Look(DmaBuffer buffer) => SoftwareSubject.Look(buffer, 0, buffer.Size);

    public override ValueTask DisposeAsync()
    {
        (_heap as IDisposable)?.Dispose();
        return base.DisposeAsync();
    }

    public override string? FindLeftovers() => SoftwareSubject.Leftovers(_machine);
}
