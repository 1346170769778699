namespace DmaBuf.Machine;

/// <summary>A table of a graphics buffer, and the place that it leads to: unmapping lets go of both.</summary>
internal sealed class GraphicsMemoryBacking : ScatterGatherBacking
{
    private readonly ScatterGatherBacking _mapped;
    private readonly GraphicsMemory _memory;

    private GraphicsMemoryBacking(ScatterGatherBacking mapped, GraphicsMemory memory, MappingCost cost)
        : base(mapped.Table.Entries, mapped.Cost | cost)
    {
        _mapped = mapped;
        _memory = memory;
    }

    internal static GraphicsMemoryBacking Create(ScatterGatherBacking mapped, GraphicsMemory memory, MappingCost cost)
    {
        try
        {
            GraphicsMemoryBacking backing = new(mapped, memory, cost);
            memory.Take();
            return backing;
        }
        catch
        {
            mapped.Release();
            throw;
        }
    }

    protected override void PassToCpu() => _mapped.SynchronizeForCpu();

    protected override void PassToDevice() => _mapped.SynchronizeForDevice();

    protected override void Undo()
    {
        _mapped.Release();
        _memory.Drop();
    }
}
