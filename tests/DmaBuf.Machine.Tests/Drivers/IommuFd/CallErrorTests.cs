namespace DmaBuf.Machine.Tests;

/// <summary>The refusals of each call (spec 7.5), each with its place among the others: of two mistakes the earlier check speaks, and nothing has changed.</summary>
public sealed class CallErrorTests : IDisposable
{
    private const ulong Page = 4096;
    private const IoMapOptions Both = IommuFdBench.Both;

    private readonly IommuFdBench _bench = new();
    private readonly DmaBuffer _buffer;

    public CallErrorTests() => _buffer = ListExporter.SinglePages(4, _bench.Registry).Buffer;

    public void Dispose()
    {
        Assert.Equal((0, 0), (_buffer.AttachmentCount, _bench.Domains[0].PageCount));
        _buffer.Dispose();
        _bench.Dispose();
    }

    [Theory]
    [InlineData(Both | (IoMapOptions)8, 9, 0UL, ulong.MaxValue, Errno.EOPNOTSUPP)]
    [InlineData(IoMapOptions.None, 9, 0UL, ulong.MaxValue, Errno.EOVERFLOW)]
    [InlineData(IoMapOptions.None, 9, ulong.MaxValue, Page, Errno.EOVERFLOW)]
    [InlineData(IoMapOptions.FixedIova, 9, 0UL, Page, Errno.EINVAL)]
    [InlineData(Both, 9, 0UL, 0UL, Errno.ENOENT)]
    [InlineData(Both, 0, 0UL, Page, Errno.ENOENT)]
    [InlineData(Both, 1, 0UL, 0UL, Errno.EINVAL)]
    public void A_mapping_is_refused_by_the_first_check_that_it_fails(IoMapOptions flags, int space, ulong iova, ulong length, Errno errno)
        => Expect.Fails(errno, () => _bench.Context.MapFile(flags, space, _buffer, 0, length, new DmaAddress(iova)));

    [Fact]
    public void A_file_that_is_none_is_EBADF_and_one_of_another_kind_EINVAL()
    {
        DmaBuffer gone = ListExporter.SinglePages(1, _bench.Registry).Buffer;
        gone.Dispose();
        Expect.Fails(Errno.EBADF, () => Map(null, 0, 0));
        Expect.Fails(Errno.EBADF, () => Map(gone, 0, 0));
        Expect.Fails(Errno.EINVAL, () => Map("a string", 0, Page));
    }

    [Theory]
    [InlineData(ulong.MaxValue, 2UL, Errno.EOVERFLOW)]
    [InlineData(ulong.MaxValue - 1, 2UL, Errno.EINVAL)]
    [InlineData(4 * Page, 1UL, Errno.EINVAL)]
    [InlineData(0UL, (4 * Page) + 1, Errno.EINVAL)]
    [InlineData(Page, 4 * Page, Errno.EINVAL)]
    [InlineData(0UL, Page - 1, Errno.EINVAL)]
    [InlineData(1UL, Page, Errno.EINVAL)]
    public void A_part_that_is_not_in_the_buffer_or_not_whole_pages_is_refused(ulong start, ulong length, Errno errno)
        => Expect.Fails(errno, () => Map(_buffer, start, length));

    [Fact]
    public void More_pages_than_a_mapping_counts_are_EINVAL_before_an_address_is_looked_for()
    {
        ulong size = 0xFFFF_FFFFUL * Page;
        (ListExporter exporter, DmaBuffer large) = ListExporter.Export(_bench.Registry, new PhysicalRange(new PhysicalAddress(0), size));
        using (large)
        {
            Assert.Contains("more pages", Expect.Fails(Errno.EINVAL, () => Map(large, 0, size)).Message, StringComparison.Ordinal);
            Assert.Equal(0, exporter.Attaches);
        }
    }

    [Fact]
    public void An_exporter_without_a_list_is_EINVAL_because_there_is_no_fallback()
    {
        SoftwareMachine machine = SoftwareMachine.CreateSample();
        using DmaBuffer ram = RamExporter.Export(machine, Page, new DmaBufferExportOptions { Registry = _bench.Registry });
        Assert.Equal(Errno.EINVAL, Assert.Throws<NegotiationFailedException>(() => Map(ram, 0, Page)).Errno);
        Assert.Equal(0, _bench.Space.AreaCount);
    }

    [Fact]
    public void Without_the_permission_nothing_is_mapped_and_what_is_mapped_stays()
    {
        DmaAddress iova = Map(_buffer, 0, Page);
        _bench.Access.Revoke();
        Expect.Fails(Errno.EPERM, () => Map(_buffer, 0, Page));
        _bench.Check(iova, 1, 0);
        Assert.Equal((1, 1), (_bench.Space.AreaCount, _buffer.AttachmentCount));
        Assert.Equal(Page, _bench.Context.Unmap(_bench.Space.Id, iova, Page));
    }

    [Fact]
    public void A_file_that_is_closed_while_it_is_mapped_stays_until_it_is_unmapped()
    {
        (ListExporter exporter, DmaBuffer buffer) = ListExporter.SinglePages(1, _bench.Registry);
        exporter.Attaching = _ => buffer.Dispose();
        DmaAddress iova = Map(buffer, 0, Page);
        Assert.Equal((0, false), (exporter.Releases, buffer.IsReleased));
        _bench.Check(iova, 1, 0);
        _bench.Context.Unmap(_bench.Space.Id, iova, Page);
        Assert.Equal(1, exporter.Releases);
    }

    [Fact]
    public void A_file_that_is_closed_during_a_mapping_that_fails_is_released_once()
    {
        (ListExporter exporter, DmaBuffer buffer) = ListExporter.SinglePages(1, _bench.Registry);
        exporter.Attaching = _ => buffer.Dispose();
        exporter.FailMap = new DmaBufException(Errno.EIO, "No list today.");
        Expect.Fails(Errno.EIO, () => Map(buffer, 0, Page));
        Assert.Equal((1, 0), (exporter.Releases, exporter.LiveLists));
    }

    [Fact]
    public void An_unmap_is_refused_where_it_cuts_an_area_finds_none_or_makes_no_sense()
    {
        DmaAddress first = Fix(0x1_0000, 2 * Page);
        DmaAddress second = Fix(0x1_2000, Page);
        Expect.Fails(Errno.ENOENT, () => Unmap(9, 0, ulong.MaxValue));
        Expect.Fails(Errno.EINVAL, () => Unmap(_bench.Space.Id, 0x1_0000, 0));
        Expect.Fails(Errno.EOVERFLOW, () => Unmap(_bench.Space.Id, 0x1_0000, ulong.MaxValue));
        Expect.Fails(Errno.ENOENT, () => Unmap(_bench.Space.Id, 0x4_0000, Page));
        foreach ((ulong start, ulong length) in new (ulong, ulong)[] { (0x1_0000, Page), (0x1_1000, Page), (0x1_1000, 2 * Page), (0xF000, 2 * Page), (0x1_0001, 2 * Page) })
        {
            Expect.Fails(Errno.ENOENT, () => Unmap(_bench.Space.Id, start, length));
        }

        _bench.Check(first, 2, 0);
        _bench.Check(second, 1, 0);

        // A range may be larger than what is in it, and reports what was mapped.
        Assert.Equal(3 * Page, Unmap(_bench.Space.Id, 0xF000, 0x1_0000));
        Assert.Equal(0UL, Unmap(_bench.Space.Id, 0, ulong.MaxValue));
    }

    [Fact]
    public void An_area_that_is_being_imported_is_EBUSY_and_is_skipped_by_unmapping_everything()
    {
        (ListExporter exporter, DmaBuffer buffer) = ListExporter.SinglePages(2, _bench.Registry);
        using (buffer)
        {
            DmaAddress other = Fix(0x8_0000, Page);
            exporter.Attaching = _ =>
            {
                Expect.Fails(Errno.EBUSY, () => Unmap(_bench.Space.Id, 0x1_0000, 2 * Page));
                Expect.Fails(Errno.ENOENT, () => Unmap(_bench.Space.Id, 0x1_0000, Page));
                Expect.Fails(Errno.EEXIST, () => Fix(0x1_1000, Page));
                Expect.Fails(Errno.ENOENT, () => _bench.Context.Copy(Both, _bench.Space.Id, _bench.Space.Id, new DmaAddress(0x1_0000), Page));
                Assert.Equal(Page, Unmap(_bench.Space.Id, 0, ulong.MaxValue));
            };
            DmaAddress iova = _bench.Context.MapFile(IommuFdBench.Fixed, _bench.Space.Id, buffer, 0, 2 * Page, new DmaAddress(0x1_0000));
            Assert.Null(_bench.Domains[0].Translate(other.Value));
            _bench.Check(iova, 2, 0);
            Unmap(_bench.Space.Id, iova.Value, 2 * Page);
        }
    }

    [Fact]
    public void An_address_space_that_is_destroyed_during_an_import_is_ENOENT_and_nothing_is_left()
    {
        IoAddressSpace space = _bench.Context.CreateAddressSpace();
        RecordingDomain domain = new();
        space.AddDomain(domain);
        (ListExporter exporter, DmaBuffer buffer) = ListExporter.SinglePages(2, _bench.Registry);
        using (buffer)
        {
            exporter.Attaching = _ => _bench.Context.DestroyAddressSpace(space.Id);
            Expect.Fails(Errno.ENOENT, () => _bench.Context.MapFile(Both, space.Id, buffer, 0, Page));
            Assert.Equal((0, 0, 0, 0), (exporter.LiveLists, buffer.AttachmentCount, domain.PageCount, space.AreaCount));
            Expect.Fails(Errno.ENOENT, () => _bench.Context.DestroyAddressSpace(space.Id));
        }
    }

    [Fact]
    public void An_unmap_by_a_thread_that_holds_the_reservation_loses_nothing()
    {
        DmaAddress iova = Map(_buffer, 0, Page);
        using (ReservationLock held = _buffer.Reservation.Lock())
        {
            Assert.Equal(Page, _bench.Context.Unmap(_bench.Space.Id, iova, Page));
            Assert.Equal(0, _bench.Domains[0].PageCount);
        }

        Assert.True(SpinWait.SpinUntil(() => _buffer.AttachmentCount == 0, VfioBench.Patience));
    }

    private DmaAddress Map(object? file, ulong start, ulong length) => _bench.Context.MapFile(Both, _bench.Space.Id, file, start, length);

    private DmaAddress Fix(ulong at, ulong length) => _bench.Context.MapFile(IommuFdBench.Fixed, _bench.Space.Id, _buffer, 0, length, new DmaAddress(at));

    private ulong Unmap(int space, ulong start, ulong length) => _bench.Context.Unmap(space, new DmaAddress(start), length);
}
