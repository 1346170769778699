using DmaBuf.Machine.Tests.Drivers;
using DmaBuf.Testing;

namespace DmaBuf.Machine.Tests;

/// <summary>A buffer on a machine as the subject of the conformance kit; whoever looks at it goes through a device or the CPU to the bytes.</summary>
internal abstract class ExporterSubject(MachineExport export, Func<string?>? left = null) : MappingTypeSubject
{
    protected SoftwareMachine Machine { get; } = DriverSubjects.CreateMachine();

    public override DmaBuffer Export(DmaBufferExportOptions options) => export(Machine, options);

    public override string? FindLeftovers()
    {
        int mappings = Machine.Engines.Sum(static engine => engine.LiveMappingCount);
        return (mappings, Machine.Ram.AllocatedBytes) == (0, 0) ? left?.Invoke() : $"{mappings} mappings of devices and {Machine.Ram.AllocatedBytes} bytes of RAM";
    }

    /// <summary>Whether a device that was programmed with an address reaches memory there.</summary>
    protected static bool Reaches(DmaEngineDevice engine, DmaAddress address)
    {
        try
        {
            engine.Read(address, new byte[1]);
            return true;
        }
        catch (DmaBufException fault) when (fault.Errno == Errno.EFAULT)
        {
            return false;
        }
    }

    /// <summary>The importer sees physical addresses; nobody can take them back from it.</summary>
    internal sealed class List(MachineExport export, PhysicalMemoryKind kind, Func<string?>? left = null) : ExporterSubject(export, left)
    {
        private readonly PhysicalAddressAccess _access = PhysicalAddressAccess.Grant("conformance kit");

        // A BAR may have to be taken back at any time.
        public override bool TakesStaticImporters => kind == PhysicalMemoryKind.Ram;

        public override MappingRequest AcceptedRequest() => PhysicalAddressListMappingType.Request(_access, kind);

        public override MappingRequest? DeclinedRequest()
            => PhysicalAddressListMappingType.Request(_access, kind == PhysicalMemoryKind.Ram ? PhysicalMemoryKind.Mmio : PhysicalMemoryKind.Ram);

        public override Mapping Map(Attachment attachment) => ((PhysicalAddressListAttachment)attachment).MapPhysicalAddressList();

        public override Mapping? MapLocked(Attachment attachment, in ReservationLock held)
            => ((PhysicalAddressListAttachment)attachment).MapPhysicalAddressListLocked(in held);

        public override void Access(Mapping mapping, Action inside)
        {
            using PhysicalAddressListLease lease = ((PhysicalAddressListMapping)mapping).ReadList();
            Machine.Memory.Write(lease.Entries[^1].Start, [7]);
            inside();
        }

        protected override void Dispose(bool disposing)
        {
            _access.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>The importer is a device of the machine.</summary>
    internal class Table(
        MachineExport export, string name, PeerToPeerAcceptance acceptance = PeerToPeerAcceptance.NotAccepted, Func<string?>? left = null) : ExporterSubject(export, left)
    {
        private DmaEngineDevice Engine => Machine.GetEngine(name);

        public override bool TakesStaticImporters => acceptance == PeerToPeerAcceptance.NotAccepted;

        public override MappingRequest AcceptedRequest() => ScatterGatherMappingType.Request(Engine, acceptance);

        // RAM fits every device, so only the cost can be too high; a peer's memory does not fit one that takes no peers.
        public override MappingRequest? DeclinedRequest() => acceptance == PeerToPeerAcceptance.Accepted
            ? ScatterGatherMappingType.Request(Engine)
            : Engine.RangeMappingCost == MappingCost.None ? null : ScatterGatherMappingType.Request(Engine, ceiling: MappingCost.None);

        public override Mapping Map(Attachment attachment) => ((ScatterGatherAttachment)attachment).MapScatterGather(DmaDirection.Bidirectional);

        public override Mapping? MapLocked(Attachment attachment, in ReservationLock held)
            => ((ScatterGatherAttachment)attachment).MapScatterGatherLocked(in held, DmaDirection.Bidirectional);

        public override void Access(Mapping mapping, Action inside)
        {
            using ScatterGatherLease lease = ((ScatterGatherMapping)mapping).ReadTable();
            Engine.Write(lease.Entries[^1].Address, [7]);
            inside();
        }

        public override Func<bool>? KeepWayIn(Mapping mapping)
        {
            using ScatterGatherLease lease = ((ScatterGatherMapping)mapping).ReadTable();
            DmaAddress address = lease.Entries[^1].Address;
            return () => Reaches(Engine, address);
        }
    }

    /// <summary>The importer brings the I/O page table that a device of the machine walks.</summary>
    internal sealed class Domain : ExporterSubject
    {
        private readonly SoftwareIommuDomain _domain;
        private ulong _next = 0x10_0000;

        internal Domain(MachineExport export)
            : base(export)
        {
            _domain = Machine.GetIommu(SampleMachine.Iommu).CreateDomain("guest");
            Engine.AttachDomain(_domain);
        }

        private DmaEngineDevice Engine => Machine.GetEngine(SampleMachine.IommuEngine);

        public override bool HasAccessCall => false;

        public override MappingRequest AcceptedRequest() => IommuDomainMappingType.Request(_domain);

        public override MappingRequest? DeclinedRequest() => IommuDomainMappingType.Request(_domain, ceiling: MappingCost.None);

        public override Mapping Map(Attachment attachment) => ((IommuDomainAttachment)attachment).MapIommuDomain(Next(), DmaDirection.Bidirectional);

        public override Mapping? MapLocked(Attachment attachment, in ReservationLock held)
            => ((IommuDomainAttachment)attachment).MapIommuDomainLocked(in held, Next(), DmaDirection.Bidirectional);

        public override void Access(Mapping mapping, Action inside) => throw new NotSupportedException();

        public override Func<bool>? KeepWayIn(Mapping mapping)
        {
            DmaAddress address = ((IommuDomainMapping)mapping).Range.Start;
            return () => Reaches(Engine, address);
        }

        public override string? FindLeftovers() => _domain.MappedBytes == 0 ? base.FindLeftovers() : $"{_domain.MappedBytes} bytes in the domain";

        private DmaAddress Next() => new(_next += 0x10_0000);
    }
}
