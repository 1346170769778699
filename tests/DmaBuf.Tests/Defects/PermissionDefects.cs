using DmaBuf.Tests.Conformance;
using DmaBuf.Tests.Defects.Mutants;
using DmaBuf.Tests.Fakes;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Defects;

/// <summary>
/// D-17: who gets physical addresses, and what an unmap of a list asks for. What cannot be written, such as an unmap of another type's mapping or a way to the
/// exporter's operations, stands in <see cref="ExcludedByTheCompiler"/>.
/// </summary>
public sealed class PermissionDefects : BufferFixture
{
    private static readonly PhysicalRange[] s_ranges = [Range(0x10_0000, Page)];

    private readonly PhysicalAddressAccess _access = PhysicalAddressAccess.Grant("iommufd");
    private readonly PhysicalExporter _exporter = new(s_ranges, new PhysicalAddressListOfferOptions());

    [Fact]
    public void D_17_whoever_has_no_live_permission_reaches_no_address()
    {
        using DmaBuffer buffer = Export(_exporter);
        PhysicalAddressAccess ended = PhysicalAddressAccess.Grant("stranger");
        ended.Revoke();
        using PhysicalAddressListAttachment before = buffer.Attach(Importer, PhysicalAddressListMappingType.Request(_access));
        FirstPostedAttachmentRecord attachment = FirstPostedList(out _);
        DefectProof.Show<Func<string, object?>>(
            "a stranger reached the addresses",
            module => module == "iommufd" ? Reach(buffer, _access) : Reach(buffer, null) ?? Reach(buffer, ended),
            module =>
            {
                using ReservationLock held = attachment.Reservation.Lock();
                return (FirstPostedCalls.ResolveMapList(module) ?? (static open => open.Operations.Map()))(attachment);
            },
            static (reach, defect) =>
            {
                Assert.Equal(s_ranges, reach("iommufd"));
                defect.AbsentIf(reach("stranger") is null);
            });

        // The permission is asked for at each map again.
        _access.Revoke();
        Refusal.Expect(Errno.EPERM, () => before.MapPhysicalAddressList());
        Refusal.Expect(Errno.EPERM, () => PhysicalAddressListMappingType.Request(_access));
        Refusal.Expect(Errno.EPERM, static () => PhysicalAddressListMappingType.Request(null));
    }

    [Fact]
    public void D_17_a_list_is_not_unmapped_without_the_lock()
    {
        using DmaBuffer buffer = Export(_exporter);
        using PhysicalAddressListAttachment attachment = buffer.Attach(Importer, PhysicalAddressListMappingType.Request(_access));
        using PhysicalAddressListMapping mapping = attachment.MapPhysicalAddressList();
        FirstPostedAttachmentRecord first = FirstPostedList(out List<object> live);
        object list = first.Operations.Map();
        DefectProof.Show<(Action UnmapWithoutTheLock, Func<int> LiveLists)>(
            "the list went back while somebody else may hold the lock",
            (() => Refusal.Expect(Errno.EINVAL, () => attachment.UnmapPhysicalAddressListLocked(default, mapping)), () => _exporter.LiveLists),
            (() => FirstPostedCalls.UnmapList(first, list), () => live.Count),
            static (one, defect) =>
            {
                Assert.Equal(1, one.LiveLists());
                one.UnmapWithoutTheLock();
                defect.AbsentIf(one.LiveLists() == 1);
            });
    }

    [Fact]
    public void D_17_a_list_is_not_unmapped_by_an_attachment_that_is_not_its_own()
    {
        using DmaBuffer buffer = Export(_exporter);
        using PhysicalAddressListAttachment mine = buffer.Attach(Importer, PhysicalAddressListMappingType.Request(_access));
        using PhysicalAddressListAttachment other = buffer.Attach(Importer, PhysicalAddressListMappingType.Request(_access));
        using PhysicalAddressListMapping mapping = mine.MapPhysicalAddressList();
        List<object> tables = [];
        FirstPostedAttachmentRecord ofTables = new(
            FirstPostedAttachmentRecord.Table, new UntypedOperations(static () => new object(), tables.Add), new Reservation());
        DefectProof.Show<(Action Unmap, Func<int> Reached)>(
            "the other attachment's unmap was called with the list",
            (() => Refusal.Expect(Errno.EINVAL, () => other.UnmapPhysicalAddressList(mapping)), () => 1 - _exporter.LiveLists),
            (() => FirstPostedCalls.UnmapList(ofTables, s_ranges), () => tables.Count),
            static (elsewhere, defect) =>
            {
                Assert.Equal(0, elsewhere.Reached());
                elsewhere.Unmap();
                defect.AbsentIf(elsewhere.Reached() == 0);
            });
    }

    private static FirstPostedAttachmentRecord FirstPostedList(out List<object> live)
    {
        List<object> lists = [];
        live = lists;
        UntypedOperations operations = new(
            () =>
            {
                PhysicalRange[] list = [.. s_ranges];
                lists.Add(list);
                return list;
            },
            list => lists.Remove(list));
        return new FirstPostedAttachmentRecord(FirstPostedAttachmentRecord.List, operations, new Reservation());
    }

    /// <summary>All that an importer can do to see addresses: ask with what it has.</summary>
    private PhysicalRange[]? Reach(DmaBuffer buffer, PhysicalAddressAccess? access)
    {
        try
        {
            using PhysicalAddressListAttachment attachment = buffer.Attach(Importer, PhysicalAddressListMappingType.Request(access));
            using PhysicalAddressListMapping mapping = attachment.MapPhysicalAddressList();
            using PhysicalAddressListLease lease = mapping.ReadList();
            return lease.Entries.ToArray();
        }
        catch (DmaBufException refused) when (refused.Errno == Errno.EPERM)
        {
            return null;
        }
    }
}
