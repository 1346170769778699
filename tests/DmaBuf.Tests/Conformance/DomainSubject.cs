using DmaBuf.Testing;
using DmaBuf.Tests.Mappings.Conversion;

namespace DmaBuf.Tests.Conformance;

/// <summary>An exporter that installs its memory in the domain that the importer brings, by operations of its own.</summary>
internal sealed class DomainSubject : MappingTypeSubject
{
    private readonly RecordingDomain _domain = new();
    private ulong _next;

    public override bool HasAccessCall => false;

    public override DmaBuffer Export(DmaBufferExportOptions options) => DmaBuffer.Export(new Exporter(), 4096, options);

    public override MappingRequest AcceptedRequest() => IommuDomainMappingType.Request(_domain);

    public override MappingRequest? DeclinedRequest() => IommuDomainMappingType.Request(new RecordingDomain(pageSize: 0x1_0000));

    public override Mapping Map(Attachment attachment) => ((IommuDomainAttachment)attachment).MapIommuDomain(Next(), DmaDirection.FromDevice);

    public override Mapping? MapLocked(Attachment attachment, in ReservationLock held)
        => ((IommuDomainAttachment)attachment).MapIommuDomainLocked(in held, Next(), DmaDirection.FromDevice);

    public override void Access(Mapping mapping, Action inside) => throw new NotSupportedException();

    public override Func<bool>? KeepWayIn(Mapping mapping)
    {
        ulong address = ((IommuDomainMapping)mapping).Range.Start.Value;
        return () => _domain.Mapped.ContainsKey(address);
    }

    public override string? FindLeftovers() => _domain.Mapped.Count == 0 ? null : $"{_domain.Mapped.Count} ranges are mapped in the domain";

    private DmaAddress Next() => new(_next += 0x1000);

    private sealed class Exporter : DmaBufferExporter, IIommuDomainOperations
    {
        internal Exporter()
            : base("own domain operations") => Offers = OfferSource.Single(IommuDomainMappingType.Offer(this));

        protected internal override OfferSource Offers { get; }

        public object? MapIommuDomain(IommuDomainAttachment attachment, DmaAddress address, DmaDirection direction, in ReservationLock held)
        {
            PhysicalRange range = new(new PhysicalAddress(0x8000), attachment.Buffer.Size);
            attachment.Domain.Map(address, range, direction, DmaAttributes.None);
            return range;
        }

        public void UnmapIommuDomain(IommuDomainAttachment attachment, DmaAddress address, object? state, in ReservationLock held)
            => attachment.Domain.Unmap(new DmaRange(address, Assert.IsType<PhysicalRange>(state).Length));

        protected internal override void OnRelease(DmaBuffer buffer)
        {
        }
    }
}
