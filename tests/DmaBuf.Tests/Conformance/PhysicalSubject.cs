using DmaBuf.Testing;
using DmaBuf.Tests.Mappings.Conversion;

namespace DmaBuf.Tests.Conformance;

/// <summary>A buffer of two physical ranges of RAM, for the list type and for the two that converters make of it.</summary>
internal abstract class PhysicalSubject : MappingTypeSubject
{
    protected static readonly PhysicalRange[] Ranges =
        [new(new PhysicalAddress(0x10000), 0x2000), new(new PhysicalAddress(0x40000), 0x1000)];

    // The exporter itself asserts at its release that every list came back.
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

        public override Mapping? MapLocked(Attachment attachment, in ReservationLock held)
            => ((PhysicalAddressListAttachment)attachment).MapPhysicalAddressListLocked(in held);

        public override void Access(Mapping mapping, Action inside)
        {
            using PhysicalAddressListLease lease = ((PhysicalAddressListMapping)mapping).ReadList();
            Assert.Equal(Ranges, lease.Entries.ToArray());
            inside();
        }

        protected override void Dispose(bool disposing)
        {
            _access.Dispose();
            base.Dispose(disposing);
        }
    }

    internal sealed class Table : PhysicalSubject
    {
        private readonly DirectDevice _device = new();

        public override MappingRequest AcceptedRequest() => ScatterGatherMappingType.Request(_device);

        public override MappingRequest? DeclinedRequest() => ScatterGatherMappingType.Request(_device, ceiling: MappingCost.None);

        public override Mapping Map(Attachment attachment) => ((ScatterGatherAttachment)attachment).MapScatterGather(DmaDirection.Bidirectional);

        public override Mapping? MapLocked(Attachment attachment, in ReservationLock held)
            => ((ScatterGatherAttachment)attachment).MapScatterGatherLocked(in held, DmaDirection.Bidirectional);

        public override void Access(Mapping mapping, Action inside)
        {
            using ScatterGatherLease lease = ((ScatterGatherMapping)mapping).ReadTable();
            Assert.Equal(2, lease.Entries.Length);
            inside();
        }

        public override Func<bool>? KeepWayIn(Mapping mapping)
        {
            using ScatterGatherLease lease = ((ScatterGatherMapping)mapping).ReadTable();
            DmaRange range = new(lease.Entries[0].Address, lease.Entries[0].Length);
            return () => _device.Mapped.Contains(range);
        }

        public override string? FindLeftovers() => _device.Mapped.Count == 0 ? null : $"{_device.Mapped.Count} ranges are mapped for the device";
    }

    /// <summary>The importer brings an I/O page table.</summary>
    internal sealed class Domain : PhysicalSubject
    {
        private readonly RecordingDomain _domain = new();
        private ulong _next = 0x10_0000;

        public override MappingRequest AcceptedRequest() => IommuDomainMappingType.Request(_domain);

        public override MappingRequest? DeclinedRequest() => IommuDomainMappingType.Request(new RecordingDomain(pageSize: 0x1_0000));

        public override Mapping Map(Attachment attachment) => ((IommuDomainAttachment)attachment).MapIommuDomain(Next(), DmaDirection.Bidirectional);

        public override Mapping? MapLocked(Attachment attachment, in ReservationLock held)
            => ((IommuDomainAttachment)attachment).MapIommuDomainLocked(in held, Next(), DmaDirection.Bidirectional);

        public override bool HasAccessCall => false;

        public override void Access(Mapping mapping, Action inside) => throw new NotSupportedException();

        public override Func<bool>? KeepWayIn(Mapping mapping)
        {
            ulong address = ((IommuDomainMapping)mapping).Range.Start.Value;
            return () => _domain.Mapped.ContainsKey(address);
        }

        public override string? FindLeftovers() => _domain.Mapped.Count == 0 ? null : $"{_domain.Mapped.Count} ranges are mapped in the domain";

        private DmaAddress Next() => new(_next += 0x10_0000);
    }
}
