using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.Conversion;

namespace DmaBuf.Tests.Mappings.IommuDomain;

/// <summary>The IommuDomain type: the importer brings its page table and chooses the address; the core shows nothing of what lies behind.</summary>
public sealed class IommuDomainTests : BufferFixture
{
    private readonly RecordingOperations _operations = new();

    [Theory]
    [InlineData(4096UL, 4096UL, true)]
    [InlineData(65536UL, 4096UL, true)]
    [InlineData(4096UL, 65536UL, false)]
    public void The_domains_page_has_to_fit_into_the_runs_of_the_memory(ulong granularity, ulong page, bool accepted)
    {
        using DmaBuffer buffer = Export(IommuDomainMappingType.Offer(_operations, granularity));
        NegotiationPair pair = Assert.Single(buffer.Explain(Importer, IommuDomainMappingType.Request(new FakeIommuDomain { PageSize = page })).Pairs);
        Assert.Equal(accepted ? null : new MatchDecline("page size", "4096", "65536"), pair.Decline);
    }

    [Fact]
    public void A_mapping_stands_where_the_importer_said_and_is_undone_with_the_exporters_state()
    {
        FakeIommuDomain domain = new();
        using DmaBuffer buffer = Export(IommuDomainMappingType.Offer(_operations));
        using IommuDomainAttachment attachment = buffer.Attach(Importer, IommuDomainMappingType.Request(domain));
        Assert.Same(domain, attachment.Domain);
        IommuDomainMapping first = attachment.MapIommuDomain(new DmaAddress(0x10000), DmaDirection.ToDevice);
        Assert.Equal(new DmaRange(new DmaAddress(0x10000), 4096), first.Range);
        Assert.Equal(MappingCost.IommuMap, first.Cost);
        IommuDomainMapping second = attachment.MapIommuDomain(new DmaAddress(0x20000), DmaDirection.Bidirectional);
        attachment.UnmapIommuDomain(first);
        Refusal.Expect(Errno.EINVAL, () => attachment.UnmapIommuDomain(first));
        second.Dispose();
        Assert.Equal(
            ["map 10000 ToDevice", "map 20000 Bidirectional", "unmap 10000, state of 10000", "unmap 20000, state of 20000"], _operations.Trace);
    }

    [Theory]
    [InlineData(0x10001UL, 0, Errno.EINVAL)]
    [InlineData(0xFFFF_FFFF_FFFF_F000UL, 0, Errno.EOVERFLOW)]
    [InlineData(0x10000UL, 3, Errno.EINVAL)]
    [InlineData(0x10000UL, -1, Errno.EINVAL)]
    public void An_address_or_a_direction_that_cannot_be_is_refused_before_the_exporter_is_asked(ulong address, int direction, Errno errno)
    {
        using DmaBuffer buffer = Export(new FakeExporter(IommuDomainMappingType.Offer(_operations)), 8192);
        using IommuDomainAttachment attachment = buffer.Attach(Importer, IommuDomainMappingType.Request(new FakeIommuDomain()));
        Refusal.Expect(errno, () => attachment.MapIommuDomain(new DmaAddress(address), (DmaDirection)direction));
        Refusal.Expect(errno, () =>
        {
            using ReservationLock held = buffer.Reservation.Lock();
            attachment.MapIommuDomainLocked(in held, new DmaAddress(address), (DmaDirection)direction);
        });
        Assert.Empty(_operations.Trace);
        Assert.Equal(0, attachment.LiveMappings);
    }

    [Fact]
    public void The_exporters_errno_reaches_the_importer_and_nothing_is_mapped()
    {
        _operations.FailMap = new DmaBufException(Errno.EEXIST, "something is mapped there");
        using DmaBuffer buffer = Export(IommuDomainMappingType.Offer(_operations));
        using IommuDomainAttachment attachment = buffer.Attach(Importer, IommuDomainMappingType.Request(new FakeIommuDomain()));
        Refusal.Expect(Errno.EEXIST, () => attachment.MapIommuDomain(new DmaAddress(0), DmaDirection.ToDevice));
        Assert.Equal((0, 0), (attachment.LiveMappings, _operations.Trace.Count));
    }

    [Fact]
    public void A_revoke_at_its_deadline_removes_the_translations()
    {
        using DmaBuffer buffer = Export(IommuDomainMappingType.Offer(_operations));
        IommuDomainAttachment attachment = buffer.Attach(Importer, IommuDomainMappingType.Request(new FakeIommuDomain()));
        IommuDomainMapping mapping = attachment.MapIommuDomain(new DmaAddress(0x1000), DmaDirection.FromDevice);
        Assert.Equal(RevokeOutcome.Forced, Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero)).Outcome);
        Assert.Equal("unmap 1000, state of 1000", _operations.Trace[^1]);
        mapping.Dispose();
        attachment.Detach();
        Assert.Equal(2, _operations.Trace.Count);
    }

    [Fact]
    public void A_granularity_that_is_no_power_of_two_is_EINVAL()
    {
        Refusal.Expect(Errno.EINVAL, () => IommuDomainMappingType.Offer(_operations, 0));
        Refusal.Expect(Errno.EINVAL, () => IommuDomainMappingType.Offer(_operations, 4097));
    }
}
