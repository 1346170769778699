namespace DmaBuf.Tests.Conformance;

/// <summary>An exporter that offers an array to the CPU.</summary>
internal sealed class ArrayExporter : DmaBufferExporter, ICpuOperations
{
    private readonly byte[] _bytes;

    internal ArrayExporter(byte[] bytes, CpuAccess access = CpuAccess.ReadWrite)
        : base("array")
    {
        _bytes = bytes;
        Offers = OfferSource.Single(CpuMappingType.Offer(this, access));
    }

    protected internal override OfferSource Offers { get; }

    public bool CanOverlay => true;

    public CpuMemory MapCpu(CpuAttachment attachment, CpuAccess access, in ReservationLock held) => new ArrayMemory(_bytes);

    protected internal override void OnRelease(DmaBuffer buffer)
    {
    }
}
