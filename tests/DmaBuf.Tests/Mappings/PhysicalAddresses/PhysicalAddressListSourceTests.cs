using DmaBuf.Tests.Fakes;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Mappings.PhysicalAddresses;

/// <summary>What the core makes of an exporter's answer to a map call beside the contents of the list: P10, P13, nothing and errors.</summary>
public sealed class PhysicalAddressListSourceTests : BufferFixture, IPhysicalAddressListOperations
{
    private readonly PhysicalAddressAccess _access = PhysicalAddressAccess.Grant("importer");
    private readonly List<PhysicalAddressList> _returned = [];
    private Func<PhysicalAddressList?> _answer = static () => null;

    PhysicalAddressList? IPhysicalAddressListOperations.MapPhysicalAddressList(Attachment attachment, in ReservationLock held) => _answer();

    void IPhysicalAddressListOperations.UnmapPhysicalAddressList(Attachment attachment, PhysicalAddressList list, in ReservationLock held)
    {
        held.Reservation.ThrowIfNotHeldBy(in held);
        _returned.Add(list);
    }

    [Fact]
    public void P10_a_list_of_another_kind_than_was_offered_is_EINVAL_and_goes_back()
    {
        PhysicalAddressList list = PhysicalAddressList.Create([Range(0, Page)], PhysicalMemoryKind.Ram);
        _answer = () => list;
        Refuse(Errno.EINVAL);
        Assert.Same(list, Assert.Single(_returned));
    }

    [Fact]
    public void P13_a_list_that_is_out_already_is_EINVAL_and_stays_with_the_mapping_that_has_it()
    {
        PhysicalAddressList list = PhysicalAddressList.Create([Range(0, Page)]);
        _answer = () => list;
        using DmaBuffer buffer = Export(PhysicalAddressListMappingType.Offer(this));
        using PhysicalAddressListAttachment first = buffer.Attach(Importer, PhysicalAddressListMappingType.Request(_access));
        using PhysicalAddressListAttachment second = buffer.Attach(Importer, PhysicalAddressListMappingType.Request(_access));
        using (first.MapPhysicalAddressList())
        {
            Refusal.Expect(Errno.EINVAL, () => second.MapPhysicalAddressList());
            Assert.Empty(_returned);
            Assert.Equal((1, 0), (first.LiveMappings, second.LiveMappings));
        }

        Assert.Same(list, Assert.Single(_returned));
        Refusal.Expect(Errno.EINVAL, () => second.MapPhysicalAddressList());
        Assert.Single(_returned);
    }

    [Fact]
    public void P13_a_refused_list_never_becomes_acceptable_and_goes_back_once()
    {
        PhysicalAddressList list = PhysicalAddressList.Create([Range(0, 2 * Page)]);
        _answer = () => list;
        Refuse(Errno.EINVAL);
        Refuse(Errno.EINVAL);
        Assert.Same(list, Assert.Single(_returned));
    }

    [Fact]
    public void Nothing_is_ENOMEM_and_nothing_goes_back()
    {
        Refuse(Errno.ENOMEM);
        Assert.Empty(_returned);
    }

    [Fact]
    public void The_exporters_errno_reaches_the_importer_and_nothing_goes_back()
    {
        _answer = static () => throw new DmaBufException(Errno.EIO, "The bus is off.");
        Refuse(Errno.EIO);
        Assert.Empty(_returned);
    }

    private void Refuse(Errno errno)
    {
        using DmaBuffer buffer = Export(PhysicalAddressListMappingType.Offer(this));
        using PhysicalAddressListAttachment attachment = buffer.Attach(Importer, PhysicalAddressListMappingType.Request(_access));
        Assert.Equal(errno, Assert.Throws<DmaBufException>(() => attachment.MapPhysicalAddressList()).Errno);
        Assert.Equal(0, attachment.LiveMappings);
    }
}
