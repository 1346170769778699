using DmaBuf.Testing;

namespace DmaBuf.Tests.Conformance;

/// <summary>A buffer of two physical ranges of RAM, for the list type and for the two that converters make of it.</summary>
internal abstract class PhysicalSubject : MappingTypeSubject
{
    protected static readonly PhysicalRange[] Ranges =
        [new(new PhysicalAddress(0x10000), 0x2000), new(new PhysicalAddress(0x40000), 0x1000)];

    public override DmaBuffer Export(DmaBufferExportOptions options) => DmaBuffer.Export(
        new PhysicalExporter(Ranges, new PhysicalAddressListOfferOptions
        {
            Kind = PhysicalMemoryKind.Ram,
            Converters = PhysicalAddressConverters.ScatterGather | PhysicalAddressConverters.IommuDomain,
        }),
        0x3000,
        options);

    internal sealed class List : PhysicalSubject
    {
        private readonly PhysicalAddressAccess _access = PhysicalAddressAccess.Grant("conformance kit");

        public override MappingRequest AcceptedRequest() => PhysicalAddressListMappingType.Request(_access);

        public override MappingRequest? DeclinedRequest() => PhysicalAddressListMappingType.Request(_access, PhysicalMemoryKind.Mmio);

        public override Mapping Map(Attachment attachment) => ((PhysicalAddressListAttachment)attachment).MapPhysicalAddressList();

        public override void Access(Mapping mapping, Action inside)
        {
            using PhysicalAddressListLease lease = ((PhysicalAddressListMapping)mapping).ReadList();
            Assert.Equal(Ranges, lease.Entries.ToArray());
            inside();
        }
    }

    internal sealed class Table : PhysicalSubject
    {
        private readonly DirectDevice _device = new();

        public override MappingRequest AcceptedRequest() => ScatterGatherMappingType.Request(_device);

        public override Mapping Map(Attachment attachment) => ((ScatterGatherAttachment)attachment).MapScatterGather(DmaDirection.Bidirectional);

        public override void Access(Mapping mapping, Action inside)
        {
            using ScatterGatherLease lease = ((ScatterGatherMapping)mapping).ReadTable();
            Assert.Equal(2, lease.Entries.Length);
            inside();
        }
    }
}
