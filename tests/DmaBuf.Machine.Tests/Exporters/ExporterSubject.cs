using DmaBuf.Testing;

namespace DmaBuf.Machine.Tests;

/// <summary>A buffer of RAM on a machine as the subject of the conformance kit; each access goes through the device or the CPU to the bytes.</summary>
internal abstract class ExporterSubject(bool physical) : MappingTypeSubject
{
    protected SoftwareMachine Machine { get; } = SoftwareMachine.CreateSample();

    public override DmaBuffer Export(DmaBufferExportOptions options) => physical
        ? PhysicalRamExporter.Export(Machine, 3 * Expect.Page, options)
        : RamExporter.Export(Machine, 3 * Expect.Page, options);

    internal sealed class List() : ExporterSubject(physical: true)
    {
        private readonly PhysicalAddressAccess _access = PhysicalAddressAccess.Grant("conformance kit");

        public override MappingRequest AcceptedRequest() => PhysicalAddressListMappingType.Request(_access);

        public override MappingRequest? DeclinedRequest() => PhysicalAddressListMappingType.Request(_access, PhysicalMemoryKind.Mmio);

        public override Mapping Map(Attachment attachment) => ((PhysicalAddressListAttachment)attachment).MapPhysicalAddressList();

        public override void Access(Mapping mapping, Action inside)
        {
            using PhysicalAddressListLease lease = ((PhysicalAddressListMapping)mapping).ReadList();
            Machine.Memory.Write(lease.Entries[2].Start, [7]);
            inside();
        }
    }

    internal sealed class Table(bool physical, string engine) : ExporterSubject(physical)
    {
        private DmaEngineDevice Engine => Machine.GetEngine(engine);

        public override MappingRequest AcceptedRequest() => ScatterGatherMappingType.Request(Engine);

        public override Mapping Map(Attachment attachment) => ((ScatterGatherAttachment)attachment).MapScatterGather(DmaDirection.Bidirectional);

        public override void Access(Mapping mapping, Action inside)
        {
            using ScatterGatherLease lease = ((ScatterGatherMapping)mapping).ReadTable();
            Engine.Write(lease.Entries[^1].Address, [7]);
            inside();
        }
    }
}
