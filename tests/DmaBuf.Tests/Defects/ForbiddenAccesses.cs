namespace DmaBuf.Tests.Defects;

/// <summary>What cannot be written of locks, mappings, accesses and addresses.</summary>
internal static class ForbiddenAccesses
{
    public static TheoryData<string, string, string, string> Programs { get; } = new()
    {
        {
            "a mapping without a ticket",
            "CS7036",
            "sealed class M : Mapping { protected override void Unmap(in ReservationLock l) { } }",
            "sealed class M(in MapTicket t) : Mapping(in t, MappingCost.None) { protected override void Unmap(in ReservationLock l) { } }"
        },
        {
            "a ticket of one's own making",
            "CS1729",
            "static class C { static void M(Attachment a) { MapTicket t = new(a); } }",
            "static class C { static void M(Attachment a) { MapTicket t = default; } }"
        },
        {
            "the lock over an await",
            "CS4007",
            "static class C { static async Task M(Reservation r) { using ReservationLock held = r.Lock(); await Task.Yield(); _ = held.Reservation; } }",
            "static class C { static async Task M(Reservation r) { using (ReservationLock held = r.Lock()) { _ = held.Reservation; } await Task.Yield(); } }"
        },
        {
            "a call that needs the lock without its proof",
            "CS7036",
            "static class C { static void M(DmaBuffer b) => b.Invalidate(); }",
            "static class C { static void M(DmaBuffer b, in ReservationLock l) => b.Invalidate(in l); }"
        },
        {
            "a span that outlives its lease",
            "CS8168",
            "static class C { static ReadOnlySpan<byte> M(CpuMapping m) { using CpuReadLease lease = m.Read(); return lease.Span; } }",
            "static class C { static byte M(CpuMapping m) { using CpuReadLease lease = m.Read(); return lease.Span[0]; } }"
        },
        {
            "a lease in a field",
            "CS8345",
            "sealed class C { CpuReadLease lease; }",
            "sealed class C { CpuMapping? mapping; }"
        },
        {
            "D-8: a map without its attachment",
            "CS0120",
            "static class C { static object M(ScatterGatherAttachment a) => ScatterGatherAttachment.MapScatterGather(DmaDirection.ToDevice); }",
            "static class C { static object M(ScatterGatherAttachment a) => a.MapScatterGather(DmaDirection.ToDevice); }"
        },
        {
            "8.6: a table of a list's attachment",
            "CS1061",
            "static class C { static object M(PhysicalAddressListAttachment a) => a.MapScatterGather(DmaDirection.ToDevice); }",
            "static class C { static object M(PhysicalAddressListAttachment a) => a.MapPhysicalAddressList(); }"
        },
        {
            "8.6: a list of a table's attachment",
            "CS1061",
            "static class C { static object M(ScatterGatherAttachment a) => a.MapPhysicalAddressList(); }",
            "static class C { static object M(ScatterGatherAttachment a) => a.MapScatterGather(DmaDirection.ToDevice); }"
        },
        {
            "D-17: another type's mapping at a typed unmap",
            "CS1503",
            "static class C { static void M(PhysicalAddressListAttachment a, ScatterGatherMapping m) => a.UnmapPhysicalAddressList(m); }",
            "static class C { static void M(PhysicalAddressListAttachment a, PhysicalAddressListMapping m) => a.UnmapPhysicalAddressList(m); }"
        },
        {
            "D-17: the exporter's operations are out of reach",
            "CS1061",
            "static class C { static object M(Attachment a) => a.Operations; }",
            "static class C { static object M(Attachment a) => a.Type; }"
        },
        {
            "D-17: a request for physical addresses without a word about permission",
            "CS7036",
            "static class C { static object M(PhysicalAddressAccess? a) => PhysicalAddressListMappingType.Request(); }",
            "static class C { static object M(PhysicalAddressAccess? a) => PhysicalAddressListMappingType.Request(a); }"
        },
        {
            "D-17: a permission of one's own making",
            "CS1729",
            "static class C { static PhysicalAddressAccess M() => new PhysicalAddressAccess(\"me\"); }",
            "static class C { static PhysicalAddressAccess M() => PhysicalAddressAccess.Grant(\"me\"); }"
        },
        {
            "D-17: unmapping a list under the lock without its proof",
            "CS7036",
            "static class C { static void M(PhysicalAddressListAttachment a, PhysicalAddressListMapping m, in ReservationLock l) => a.UnmapPhysicalAddressListLocked(m); }",
            "static class C { static void M(PhysicalAddressListAttachment a, PhysicalAddressListMapping m, in ReservationLock l) => a.UnmapPhysicalAddressListLocked(in l, m); }"
        },
        {
            "D-23: an unpin without the lock",
            "CS7036",
            "static class C { static void M(Attachment a, in ReservationLock l) => a.Unpin(); }",
            "static class C { static void M(Attachment a, in ReservationLock l) => a.Unpin(in l); }"
        },
        {
            "D-16: an importer's word in the exporter's place",
            "CS1503",
            "static class C { static object M(IScatterGatherOperations o) => ScatterGatherMappingType.OfferPeerToPeer(o, PeerToPeerAcceptance.Accepted, null); }",
            "static class C { static object M(IScatterGatherOperations o) => ScatterGatherMappingType.OfferPeerToPeer(o, PeerToPeerRequirement.None, null); }"
        },
        {
            "16: the legacy fields of the attachment",
            "CS1061",
            "static class C { static object M(Attachment a) => a.Device; }",
            "static class C { static object M(Attachment a) => a.Importer; }"
        },
        {
            "2.9: no direction",
            "CS0117",
            "static class C { static DmaDirection M() => DmaDirection.None; }",
            "static class C { static DmaDirection M() => DmaDirection.ToDevice; }"
        },
        {
            "a DMA address for a physical one",
            "CS1503",
            "static class C { static object M(DmaAddress a) => new PhysicalRange(a, 1); }",
            "static class C { static object M(PhysicalAddress a) => new PhysicalRange(a, 1); }"
        },
    };
}
