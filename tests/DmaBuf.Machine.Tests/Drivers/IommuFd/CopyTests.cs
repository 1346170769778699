namespace DmaBuf.Machine.Tests;

/// <summary>A copy shows the same pages elsewhere: parts of areas, several at once, with the kind of memory and no more permission than they have.</summary>
public sealed class CopyTests : IDisposable
{
    private const ulong Page = 4096;
    private const IoMapOptions Both = IommuFdBench.Both;

    private readonly IommuFdBench _bench = new();
    private readonly RecordingDomain _domain = new();
    private readonly IoAddressSpace _other;
    private readonly ListExporter _exporter;
    private readonly DmaBuffer _buffer;

    public CopyTests()
    {
        _other = _bench.Context.CreateAddressSpace();
        _other.AddDomain(_domain);
        (_exporter, _buffer) = ListExporter.SinglePages(8, _bench.Registry);
    }

    public void Dispose()
    {
        _bench.Context.DestroyAddressSpace(_other.Id);
        _bench.Context.Unmap(_bench.Space.Id, new DmaAddress(0), ulong.MaxValue);
        Assert.Equal((0, 0, 0), (_buffer.AttachmentCount, _exporter.LiveLists, _domain.PageCount));
        _buffer.Dispose();
        _bench.Dispose();
    }

    [Fact]
    public void A_copy_shares_the_list_keeps_the_kind_and_outlives_its_source()
    {
        DmaAddress source = _bench.Map(_buffer, 2 * Page, 4 * Page);
        DmaAddress copy = Copy(Both, source, 4 * Page);
        AssertShows(copy, 4, 2);
        Assert.Equal([DmaAttributes.Mmio], _domain.Attributes);
        Assert.Equal((1, 1), (_buffer.AttachmentCount, _exporter.LiveLists));
        _bench.Context.Unmap(_bench.Space.Id, source, 4 * Page);
        AssertShows(copy, 4, 2);
        Assert.Equal(1, _exporter.LiveLists);
        _bench.Context.Unmap(_other.Id, copy, 4 * Page);
        Assert.Equal((0, 0), (_buffer.AttachmentCount, _exporter.LiveLists));
    }

    [Fact]
    public void A_part_of_an_area_can_be_copied_and_a_part_of_the_copy_again()
    {
        DmaAddress source = _bench.Map(_buffer, Page, 6 * Page);
        DmaAddress copy = Copy(Both, new DmaAddress(source.Value + Page), 4 * Page);
        AssertShows(copy, 4, 2);
        DmaAddress again = _bench.Context.Copy(Both, _other.Id, _other.Id, new DmaAddress(copy.Value + (2 * Page)), Page);
        AssertShows(again, 1, 4);
        Assert.Equal(Page, _bench.Context.Unmap(_other.Id, again, Page));
        AssertShows(copy, 4, 2);
    }

    [Fact]
    public void Several_areas_are_copied_together_as_they_lie_and_keep_their_boundaries()
    {
        Fix(0x1_0000, 0, 2 * Page);
        Fix(0x1_2000, 4 * Page, 3 * Page);
        DmaAddress copy = Copy(Both, new DmaAddress(0x1_1000), 3 * Page);
        AssertShows(copy, 1, 1);
        AssertShows(new DmaAddress(copy.Value + Page), 2, 4);
        Assert.Equal((2, 2), (_other.AreaCount, _exporter.LiveLists));
        Expect.Fails(Errno.ENOENT, () => _bench.Context.Unmap(_other.Id, copy, 2 * Page));
        Assert.Equal(3 * Page, _bench.Context.Unmap(_other.Id, copy, 3 * Page));
    }

    [Fact]
    public void A_gap_is_ENOENT_wherever_it_lies_and_nothing_is_copied()
    {
        Fix(0x1_0000, 0, Page);
        Fix(0x1_2000, 0, Page);
        foreach ((ulong start, ulong length) in new (ulong, ulong)[] { (0xF000, 2 * Page), (0x1_0000, 2 * Page), (0x1_0000, 3 * Page), (0x1_1000, Page), (0x1_2000, 2 * Page) })
        {
            Expect.Fails(Errno.ENOENT, () => Copy(Both, new DmaAddress(start), length));
        }

        Assert.Equal((0, 2), (_other.AreaCount, _buffer.AttachmentCount));
    }

    [Fact]
    public void Pages_that_were_mapped_for_reading_cannot_be_copied_for_writing()
    {
        DmaAddress source = _bench.Context.MapFile(IoMapOptions.Readable, _bench.Space.Id, _buffer, 0, 2 * Page);
        Expect.Fails(Errno.EPERM, () => Copy(Both, source, Page));
        Expect.Fails(Errno.EPERM, () => Copy(IoMapOptions.Writeable, source, Page));
        AssertShows(Copy(IoMapOptions.Readable, source, Page), 1, 0);
        Assert.Equal([DmaDirection.ToDevice], _domain.Directions);
    }

    [Fact]
    public void A_copy_with_less_permission_than_its_pages_permits_less_and_can_be_copied_with_more()
    {
        DmaAddress source = _bench.Map(_buffer, 0, Page);
        DmaAddress write = Copy(IoMapOptions.Writeable, source, Page);
        Assert.Equal([DmaDirection.FromDevice], _domain.Directions);
        _bench.Context.Copy(Both, _other.Id, _other.Id, write, Page);
        Assert.Equal([DmaDirection.Bidirectional, DmaDirection.FromDevice], _domain.Directions.Order());
    }

    [Theory]
    [InlineData(Both | (IoMapOptions)16, 1, 2, ulong.MaxValue, 0UL, Errno.EOPNOTSUPP)]
    [InlineData(IoMapOptions.None, 1, 2, 0x1_0000UL, ulong.MaxValue, Errno.EOVERFLOW)]
    [InlineData(IoMapOptions.None, 1, 2, ulong.MaxValue, Page, Errno.EOVERFLOW)]
    [InlineData(IoMapOptions.FixedIova, 9, 9, 0x1_0000UL, Page, Errno.EINVAL)]
    [InlineData(Both, 9, 2, 0x1_0000UL, 0UL, Errno.ENOENT)]
    [InlineData(Both, 1, 9, 0x1_0000UL, 0UL, Errno.ENOENT)]
    [InlineData(Both, 1, 2, 0x1_0000UL, 0UL, Errno.EINVAL)]
    [InlineData(Both, 1, 2, ulong.MaxValue - 1, Page, Errno.EOVERFLOW)]
    [InlineData(Both, 1, 2, 0x1_0000UL, Page / 2, Errno.EINVAL)]
    [InlineData(Both, 1, 2, 0x1_0800UL, Page, Errno.EINVAL)]
    [InlineData(IommuFdBench.Fixed, 1, 2, 0x1_0000UL, 2 * Page, Errno.EEXIST)]
    public void A_copy_is_refused_by_the_first_check_that_it_fails(IoMapOptions flags, int source, int destination, ulong from, ulong length, Errno errno)
    {
        Fix(0x1_0000, 0, 2 * Page);
        _bench.Context.MapFile(IommuFdBench.Fixed, _other.Id, _buffer, 0, 2 * Page, new DmaAddress(0x1_0000));
        Expect.Fails(errno, () => _bench.Context.Copy(flags, destination, source, new DmaAddress(from), length, new DmaAddress(0x1_0000)));
        Assert.Equal((1, 1, 2), (_bench.Space.AreaCount, _other.AreaCount, _domain.PageCount));
    }

    [Fact]
    public async Task A_revoke_empties_the_copies_in_every_address_space_and_a_copy_of_an_empty_area_is_empty()
    {
        DmaAddress source = _bench.Map(_buffer, 0, 2 * Page);
        Copy(Both, source, 2 * Page);
        await _buffer.RevokeAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.Equal((0, 0, 0), (_bench.Domains[0].PageCount, _domain.PageCount, _exporter.LiveLists));
        Copy(Both, source, Page);
        Assert.Equal((2, 0), (_other.AreaCount, _domain.PageCount));
        await _buffer.UnrevokeAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, _domain.PageCount);
        Assert.Equal(3 * Page, _bench.Context.Unmap(_other.Id, new DmaAddress(0), ulong.MaxValue));
    }

    private DmaAddress Copy(IoMapOptions flags, DmaAddress source, ulong length) => _bench.Context.Copy(flags, _other.Id, _bench.Space.Id, source, length);

    private void Fix(ulong at, ulong start, ulong length)
        => _bench.Context.MapFile(IommuFdBench.Fixed, _bench.Space.Id, _buffer, start, length, new DmaAddress(at));

    private void AssertShows(DmaAddress iova, int pages, int offset)
    {
        for (int page = 0; page < pages; page++)
        {
            Assert.Equal(ListExporter.PageAt(offset + page).Value, _domain.Translate(iova.Value + ((ulong)page * Page)));
        }
    }
}
