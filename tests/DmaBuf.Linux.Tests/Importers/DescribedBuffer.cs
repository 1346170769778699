using System.Runtime.InteropServices;

namespace DmaBuf.Linux.Tests.Importers;

/// <summary>A buffer that only says what its descriptor would be like: whoever is told no never asks for it.</summary>
internal sealed class DescribedBuffer : DmaBufferExporter, IDescriptorOperations
{
    private DescribedBuffer(DescriptorFacts facts)
        : base(facts.ExporterName)
    {
        MappingOfferList offers = [DescriptorMappingType.Offer(this, facts)];
        Offers = OfferSource.Computed(_ => offers);
    }

    protected override OfferSource Offers { get; }

    internal static DmaBuffer Export(DescriptorFacts facts, ulong size) => DmaBuffer.Export(new DescribedBuffer(facts), size);

    public SafeHandle OpenDescriptor(DescriptorAttachment attachment, in ReservationLock held) => throw new InvalidOperationException("Nobody should have come this far.");

    protected override void OnRelease(DmaBuffer buffer)
    {
    }
}
