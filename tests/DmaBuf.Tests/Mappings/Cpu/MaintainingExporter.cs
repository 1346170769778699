using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Mappings.Cpu;

/// <summary>An exporter whose memory needs cache maintenance around every CPU access, and which records it.</summary>
internal sealed class MaintainingExporter : FakeExporter, ICpuOperations, ICpuAccessExporter
{
    internal MaintainingExporter(WindowedMemory? memory, CpuAccess access = CpuAccess.ReadWrite)
        : base((OfferSource?)null)
    {
        Memory = memory;
        Offer = CpuMappingType.Offer(this, access, CpuCoherency.NeedsMaintenance);
    }

    internal MappingOffer Offer { get; }

    internal WindowedMemory? Memory { get; }

    internal Exception? FailBegin { get; set; }

    protected internal override OfferSource Offers => OfferSource.Single(Offer);

    public bool CanOverlay => Memory is { CanOverlay: true };

    public CpuMemory MapCpu(CpuAttachment attachment, CpuAccess access, in ReservationLock held)
    {
        held.Reservation.ThrowIfNotHeldBy(in held);
        return Memory!;
    }

    public void BeginCpuAccess(DmaBuffer buffer, DmaDirection direction)
    {
        buffer.Reservation.ThrowIfHeldByCurrentThread("BeginCpuAccess");
        if (FailBegin is { } failure)
        {
            throw failure;
        }

        Trace.Add($"begin {direction}");
    }

    public void EndCpuAccess(DmaBuffer buffer, DmaDirection direction) => Trace.Add($"end {direction}");
}
