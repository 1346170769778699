namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>A graphics object of scattered pages; the derived one can show them.</summary>
internal class RamObject(SoftwareMachine machine, ulong size) : GraphicsObject(size)
{
    internal PhysicalRange[] Pages { get; } = machine.Ram.AllocateScattered(size);

    public override void Release() => machine.Ram.Free(Pages);

    internal sealed class WithTable(SoftwareMachine machine, ulong size) : RamObject(machine, size), ITableProducer
    {
        public ScatterGatherBacking ProduceTable(IDmaDevice device, DmaDirection direction)
            => ScatterGatherTableBuilder.Build(device, provider: null, Pages, Size, direction);
    }

    /// <summary>A driver's own operations, which know the pages without asking the object.</summary>
    internal sealed class Operations(RamObject shared) : IScatterGatherOperations
    {
        public ScatterGatherBacking? MapScatterGather(ScatterGatherAttachment attachment, DmaDirection direction, in ReservationLock held)
            => ScatterGatherTableBuilder.Build(attachment.Device, provider: null, shared.Pages, shared.Size, direction);

        public void UnmapScatterGather(ScatterGatherAttachment attachment, ScatterGatherBacking backing, DmaDirection direction, in ReservationLock held)
            => backing.Release();
    }
}
