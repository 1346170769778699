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
            memory.Enter(backing);
            memory.Take();
            return backing;
        }
        catch
        {
            mapped.Release();
            throw;
        }
    }

    /// <summary>The device does not reach the memory any more, whoever has the table. Not under the reservation lock.</summary>
    internal void TakeAway() => _mapped.ReleaseWhileInUse();

    protected override void PassToCpu() => _mapped.SynchronizeForCpu();

    protected override void PassToDevice() => _mapped.SynchronizeForDevice();

    protected override void Undo()
    {
        _memory.Leave(this);
        _mapped.Release();
        _memory.Drop();
    }
}
