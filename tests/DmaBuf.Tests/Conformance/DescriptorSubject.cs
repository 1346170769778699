using System.Runtime.InteropServices;
using DmaBuf.Testing;

namespace DmaBuf.Tests.Conformance;

/// <summary>An exporter that opens a file for each importer.</summary>
internal sealed class DescriptorSubject : MappingTypeSubject
{
    private readonly List<SafeHandle> _opened = [];

    public override DmaBuffer Export(DmaBufferExportOptions options) => DmaBuffer.Export(new Exporter(_opened), 4096, options);

    public override MappingRequest AcceptedRequest() => DescriptorMappingType.Request();

    public override MappingRequest? DeclinedRequest() => DescriptorMappingType.Request(new DescriptorNeeds { Kinds = DescriptorKind.DmaBuf });

    public override Mapping Map(Attachment attachment) => ((DescriptorAttachment)attachment).MapDescriptor();

    public override Mapping? MapLocked(Attachment attachment, in ReservationLock held) => ((DescriptorAttachment)attachment).MapDescriptorLocked(in held);

    public override void Access(Mapping mapping, Action inside)
    {
        using DescriptorLease lease = ((DescriptorMapping)mapping).Borrow();
        Assert.False(lease.Handle.IsClosed);
        inside();
    }

    public override string? FindLeftovers() => _opened.All(static handle => handle.IsClosed) ? null : "a descriptor is open";

    private sealed class Exporter : DmaBufferExporter, IDescriptorOperations
    {
        private readonly List<SafeHandle> _opened;

        internal Exporter(List<SafeHandle> opened)
            : base("file")
        {
            _opened = opened;
            Offers = OfferSource.Single(DescriptorMappingType.Offer(
                this, new DescriptorFacts { Kind = DescriptorKind.MemoryFile, Memory = DescriptorMemory.Ram, ExporterName = "memfd" }));
        }

        protected internal override OfferSource Offers { get; }

        public SafeHandle OpenDescriptor(DescriptorAttachment attachment, in ReservationLock held)
        {
            _opened.Add(File.OpenHandle(typeof(DescriptorSubject).Assembly.Location));
            return _opened[^1];
        }

        protected internal override void OnRelease(DmaBuffer buffer)
        {
        }
    }
}
