using System.Runtime.InteropServices;
using DmaBuf.Testing;

namespace DmaBuf.Tests.Conformance;

internal sealed class DescriptorSubject : MappingTypeSubject
{
    public override DmaBuffer Export(DmaBufferExportOptions options) => DmaBuffer.Export(new Exporter(), 4096, options);

    public override MappingRequest AcceptedRequest() => DescriptorMappingType.Request();

    public override MappingRequest? DeclinedRequest() => DescriptorMappingType.Request(new DescriptorNeeds { Kinds = DescriptorKind.DmaBuf });

    public override Mapping Map(Attachment attachment) => ((DescriptorAttachment)attachment).MapDescriptor();

    public override void Access(Mapping mapping, Action inside)
    {
        using DescriptorLease lease = ((DescriptorMapping)mapping).Borrow();
        Assert.False(lease.Handle.IsClosed);
        inside();
    }

    private sealed class Exporter : DmaBufferExporter, IDescriptorOperations
    {
        internal Exporter()
            : base("file") => Offers = OfferSource.Single(DescriptorMappingType.Offer(
                this, new DescriptorFacts { Kind = DescriptorKind.MemoryFile, Memory = DescriptorMemory.Ram, ExporterName = "memfd" }));

        protected internal override OfferSource Offers { get; }

        public SafeHandle OpenDescriptor(DescriptorAttachment attachment, in ReservationLock held)
            => File.OpenHandle(typeof(DescriptorSubject).Assembly.Location);

        protected internal override void OnRelease(DmaBuffer buffer)
        {
        }
    }
}
