namespace DmaBuf.Machine.Tests;

/// <summary>Where an area may lie: fixed and automatic addresses, what is reserved, what is allowed, and alignment (spec 7.4 and 7.5).</summary>
public sealed class AddressRulesTests : IDisposable
{
    private const ulong Page = 4096;
    private const ulong Top = ulong.MaxValue - 0xFFFF;

    private readonly IommuFdBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void An_automatic_address_is_the_lowest_that_keeps_the_sources_alignment_and_is_never_zero()
    {
        using DmaBuffer buffer = Buffer(16);
        Assert.Equal(0x1_0000UL, _bench.Map(buffer, 0, 16 * Page).Value);
        Assert.Equal(0x1000UL, _bench.Map(buffer, 0, Page).Value);
        Assert.Equal(0x4000UL, _bench.Map(buffer, 4 * Page, 3 * Page).Value);
        Assert.Equal(0x2000UL, _bench.Map(buffer, Page, Page).Value);
        Assert.Equal(0x8000UL, _bench.Map(buffer, 2 * Page, 4 * Page).Value);
    }

    [Fact]
    public void A_fixed_address_may_be_zero_or_the_last_page_but_one()
    {
        using DmaBuffer buffer = Buffer(1);
        Assert.Equal(0UL, Fix(buffer, 0, Page).Value);
        Assert.Equal(Top, Fix(buffer, Top, Page).Value);
    }

    [Fact]
    public void A_fixed_address_is_refused_where_it_is_odd_wraps_is_reserved_or_taken_and_in_this_order()
    {
        using DmaBuffer buffer = Buffer(4);
        _bench.Space.Reserve(Range(0x8000, 2 * Page));
        Fix(buffer, 0x1_0000, 2 * Page);
        Expect.Fails(Errno.EINVAL, () => Fix(buffer, 0x1_0800, Page));
        Expect.Fails(Errno.EINVAL, () => Fix(buffer, 0x2_0000, Page + 0x800));
        Expect.Fails(Errno.EOVERFLOW, () => Fix(buffer, ulong.MaxValue - 4095, 2 * Page));
        foreach (ulong reserved in new ulong[] { 0x7000, 0x8000, 0x9000 })
        {
            Expect.Fails(Errno.EINVAL, () => Fix(buffer, reserved, 2 * Page));
        }

        foreach (ulong taken in new ulong[] { 0xF000, 0x1_0000, 0x1_1000 })
        {
            Expect.Fails(Errno.EEXIST, () => Fix(buffer, taken, 2 * Page));
        }

        Assert.Equal((0x6000UL, 0xA000UL, 0x1_2000UL), (Fix(buffer, 0x6000, 2 * Page).Value, Fix(buffer, 0xA000, 2 * Page).Value, Fix(buffer, 0x1_2000, Page).Value));
    }

    [Fact]
    public void An_automatic_address_goes_around_what_is_reserved_and_taken()
    {
        using DmaBuffer buffer = Buffer(4);
        _bench.Space.Reserve(Range(0x1000, 3 * Page));
        _bench.Space.Reserve(Range(0x4000, Page));
        Assert.Equal(0x5000UL, _bench.Map(buffer, Page, Page).Value);
        Assert.Equal(0x8000UL, _bench.Map(buffer, 0, 4 * Page).Value);
        Assert.Equal(0xC000UL, _bench.Map(buffer, 0, 4 * Page).Value);
    }

    [Fact]
    public void What_is_allowed_limits_the_automatic_choice_alone_and_is_taken_in_order()
    {
        using DmaBuffer buffer = Buffer(4);
        _bench.Space.Allow(Range(0x9_0000, 2 * Page), Range(0x3000, 2 * Page), Range(Top, Page));
        Assert.Equal(0x3000UL, _bench.Map(buffer, Page, Page).Value);
        Assert.Equal(0x9_0000UL, _bench.Map(buffer, 0, 2 * Page).Value);
        Assert.Equal(0x4000UL, _bench.Map(buffer, 0, Page).Value);
        Assert.Equal(Top, _bench.Map(buffer, 0, Page).Value);
        Expect.Fails(Errno.ENOSPC, () => _bench.Map(buffer, 0, Page));
        Assert.Equal(0x5_0000UL, Fix(buffer, 0x5_0000, Page).Value);
        _bench.Space.Allow();
        Assert.Equal(0x1000UL, _bench.Map(buffer, 0, Page).Value);
    }

    [Fact]
    public void No_space_is_ENOSPC_although_two_halves_are_free()
    {
        using DmaBuffer buffer = Buffer(4);
        _bench.Space.Allow(Range(0x4000, 4 * Page));
        Fix(buffer, 0x5000, Page);
        Expect.Fails(Errno.ENOSPC, () => _bench.Map(buffer, 0, 4 * Page));
        Assert.Equal(0x6000UL, _bench.Map(buffer, 0, 2 * Page).Value);
    }

    [Fact]
    public void Reserved_and_allowed_addresses_exclude_each_other_whichever_comes_first()
    {
        using DmaBuffer buffer = Buffer(1);
        _bench.Space.Allow(Range(0x4000, 2 * Page));
        Expect.Fails(Errno.EADDRINUSE, () => _bench.Space.Reserve(Range(0x5000, Page)));
        Expect.Fails(Errno.EADDRINUSE, () => _bench.Space.Reserve(Range(0, ulong.MaxValue)));
        _bench.Space.Reserve(Range(0x6000, Page));
        Expect.Fails(Errno.EADDRINUSE, () => _bench.Space.Allow(Range(0x1_0000, Page), Range(0x6000, Page)));
        Assert.Equal(0x4000UL, _bench.Map(buffer, 0, Page).Value);
        Expect.Fails(Errno.EADDRINUSE, () => _bench.Space.Reserve(Range(0x4000, Page)));
    }

    [Fact]
    public void Ranges_that_are_empty_wrap_or_overlap_are_EINVAL_and_change_nothing()
    {
        using DmaBuffer buffer = Buffer(1);
        Expect.Fails(Errno.EINVAL, () => _bench.Space.Reserve(Range(0x4000, 0)));
        Expect.Fails(Errno.EINVAL, () => _bench.Space.Reserve(Range(ulong.MaxValue, 2)));
        Expect.Fails(Errno.EINVAL, () => _bench.Space.Allow(Range(0x4000, Page), Range(0x4000, 0)));
        Expect.Fails(Errno.EINVAL, () => _bench.Space.Allow(Range(0x4000, Page), Range(ulong.MaxValue, 2)));
        Expect.Fails(Errno.EINVAL, () => _bench.Space.Allow(Range(0x4000, 2 * Page), Range(0x5000, Page)));
        _bench.Space.Reserve(Range(ulong.MaxValue, 1));
        Assert.Equal(0x1000UL, _bench.Map(buffer, 0, Page).Value);
    }

    [Fact]
    public void An_area_lies_on_the_largest_pages_of_the_domains_and_a_domain_that_does_not_fit_is_EADDRINUSE()
    {
        using IommuFdBench bench = new(domains: 0);
        (_, DmaBuffer made) = ListExporter.Export(bench.Registry, new PhysicalRange(new PhysicalAddress(0x10_0000), 16 * Page));
        using DmaBuffer buffer = made;
        Assert.Equal(1UL, bench.Space.IovaAlignment);
        Expect.Fails(Errno.EINVAL, () => bench.Map(buffer, 0, buffer.Size + 1));
        Expect.Fails(Errno.EINVAL, () => bench.Map(buffer, buffer.Size, 1));
        DmaAddress odd = bench.Map(buffer, 0x1801, 0x123);
        Expect.Fails(Errno.EADDRINUSE, () => bench.Space.AddDomain(new RecordingDomain(2048)));
        bench.Context.Unmap(bench.Space.Id, odd, 0x123);
        RecordingDomain small = new(2048);
        RecordingDomain large = new(4 * Page);
        bench.Space.AddDomain(small);
        DmaAddress half = bench.Map(buffer, 0x1800, 0x1000);
        Assert.Equal(0UL, half.Value % 0x800);
        Assert.Equal((0x10_1800UL, 0x10_2000UL), (small.Translate(half.Value), small.Translate(half.Value + 0x800)));
        Expect.Fails(Errno.EADDRINUSE, () => bench.Space.AddDomain(large));
        bench.Context.Unmap(bench.Space.Id, half, 0x1000);
        bench.Space.AddDomain(large);
        Assert.Equal(4 * Page, bench.Space.IovaAlignment);
        Expect.Fails(Errno.EINVAL, () => bench.Map(buffer, 0, Page));
        Expect.Fails(Errno.EINVAL, () => bench.Map(buffer, Page, 4 * Page));
        Expect.Fails(Errno.EINVAL, () => bench.Context.MapFile(IommuFdBench.Fixed, bench.Space.Id, buffer, Page, 4 * Page, new DmaAddress(0x1_0000)));
        Assert.Equal(0UL, bench.Map(buffer, 4 * Page, 8 * Page).Value % (4 * Page));
        bench.Context.Unmap(bench.Space.Id, new DmaAddress(0), ulong.MaxValue);
        bench.Space.RemoveDomain(small);
        bench.Space.RemoveDomain(large);
        Assert.Equal((0, 0, 1UL), (small.PageCount, large.PageCount, bench.Space.IovaAlignment));
    }

    [Fact]
    public void A_domain_is_added_once_and_removing_another_changes_nothing()
    {
        using DmaBuffer buffer = Buffer(2);
        DmaAddress iova = _bench.Map(buffer, 0, 2 * Page);
        Expect.Fails(Errno.EEXIST, () => _bench.Space.AddDomain(_bench.Domains[0]));
        _bench.Space.RemoveDomain(new RecordingDomain());
        _bench.Check(iova, 2, 0);
        _bench.Space.RemoveDomain(_bench.Domains[0]);
        Assert.Equal(0, _bench.Domains[0].PageCount);
        _bench.Space.AddDomain(_bench.Domains[0]);
        _bench.Check(iova, 2, 0);
    }

    private DmaBuffer Buffer(int pages) => ListExporter.SinglePages(pages, _bench.Registry).Buffer;

    private DmaAddress Fix(DmaBuffer buffer, ulong at, ulong length) => _bench.Context.MapFile(IommuFdBench.Fixed, _bench.Space.Id, buffer, 0, length, new DmaAddress(at));

    private static DmaRange Range(ulong start, ulong length) => new(new DmaAddress(start), length);
}
