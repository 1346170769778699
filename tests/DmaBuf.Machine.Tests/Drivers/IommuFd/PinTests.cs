namespace DmaBuf.Machine.Tests;

/// <summary>Translations cannot follow a move, so the importer keeps the memory in place for as long as it has a list, and no longer.</summary>
public sealed class PinTests
{
    private const ulong Page = 4096;

    private readonly PinningListExporter _exporter = new();

    [Fact]
    public void Memory_that_is_mapped_does_not_move_and_may_again_once_the_last_area_has_gone()
    {
        using IommuFdBench bench = new();
        using DmaBuffer buffer = _exporter.Export(bench.Registry);
        DmaAddress iova = bench.Map(buffer, 0, Page);
        bench.Context.Copy(IommuFdBench.Fixed, bench.Space.Id, bench.Space.Id, iova, Page, new DmaAddress(0x9_0000));
        Assert.Equal((1, Errno.EBUSY), (_exporter.Pins, Move(buffer)));
        Assert.NotNull(bench.Domains[0].Translate(iova.Value));
        bench.Context.Unmap(bench.Space.Id, iova, Page);
        Assert.Equal((1, Errno.EBUSY), (_exporter.Pins, Move(buffer)));
        bench.Context.Unmap(bench.Space.Id, new DmaAddress(0), ulong.MaxValue);
        Assert.Equal((0, Errno.None), (_exporter.Pins, Move(buffer)));
    }

    [Fact]
    public async Task A_revoke_ends_the_pin_with_the_list()
    {
        using IommuFdBench bench = new();
        using DmaBuffer buffer = _exporter.Export(bench.Registry);
        bench.Map(buffer, 0, Page);
        await buffer.RevokeAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.Equal((0, 0), (_exporter.Pins, _exporter.LiveLists));
        await buffer.UnrevokeAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Errno.None, Move(buffer));
    }

    [Fact]
    public void A_pin_that_fails_is_the_mappings_failure_and_a_map_that_fails_after_it_is_unpinned_under_the_lock()
    {
        using IommuFdBench bench = new();
        using DmaBuffer buffer = _exporter.Export(bench.Registry);
        _exporter.FailPin = new DmaBufException(Errno.ENOMEM, "No room there.");
        Expect.Fails(Errno.ENOMEM, () => bench.Map(buffer, 0, Page));
        Assert.Equal((0, 0, 0), (_exporter.Pins, _exporter.Unpins, buffer.AttachmentCount));
        _exporter.FailPin = null;
        _exporter.FailMap = new DmaBufException(Errno.EIO, "No list today.");
        Expect.Fails(Errno.EIO, () => bench.Map(buffer, 0, Page));
        Assert.Equal((0, 1, true, 0), (_exporter.Pins, _exporter.Unpins, _exporter.UnpinnedUnderTheLock, buffer.AttachmentCount));
    }

    private static Errno Move(DmaBuffer buffer)
    {
        using ReservationLock held = buffer.Reservation.Lock();
        try
        {
            buffer.Invalidate(in held);
            return Errno.None;
        }
        catch (DmaBufException refused)
        {
            return refused.Errno;
        }
    }
}
