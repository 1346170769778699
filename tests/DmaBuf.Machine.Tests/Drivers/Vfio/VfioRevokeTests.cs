namespace DmaBuf.Machine.Tests;

/// <summary>Revoke, un-revoke and close step by step (spec 7.3 and B.2), with importers that let go at once, later, from elsewhere, and never.</summary>
public sealed class VfioRevokeTests : IDisposable
{
    private readonly VfioBench _bench;
    private readonly LateImporter _late = new();
    private int _resets;

    public VfioRevokeTests() => _bench = new VfioBench(new VfioPciDeviceOptions { Resetting = () => Resetting() });

    private Action Resetting { get; set; } = static () => { };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_reset_waits_for_the_importer_that_lets_go_later_and_maps_fail_meanwhile()
    {
        Resetting = () => _resets++;
        using DmaBuffer buffer = _bench.Export();
        using PhysicalAddressListAttachment attachment = Attach(buffer);
        PhysicalAddressListMapping mapping = attachment.MapPhysicalAddressList();
        PhysicalRange[] before = EntriesOf(mapping);
        Task<VfioTransition> reset = _bench.Device.ResetAsync(Timeout.InfiniteTimeSpan, Cancel);
        Assert.Equal([InvalidateReason.Revoke], _late.Told);
        Assert.Equal((false, 0, false), (reset.IsCompleted, _resets, buffer.Reservation.IsLocked));
        Expect.Fails(Errno.ENODEV, () => attachment.MapPhysicalAddressList());
        Expect.Fails(Errno.ENODEV, () => mapping.ReadList().Dispose());
        Expect.Fails(Errno.ENODEV, () => Attach(buffer));
        Expect.Fails(Errno.ENODEV, () => _bench.Map(buffer));
        Assert.False(reset.IsCompleted);
        mapping.Dispose();
        VfioTransition ended = await reset;
        Assert.Equal((RevokeOutcome.Drained, 1, 0), (ended.Outcome, _resets, ended.StayedRevoked.Count));
        Assert.Equal([InvalidateReason.Revoke, InvalidateReason.Unrevoke], _late.Told);
        using PhysicalAddressListMapping again = attachment.MapPhysicalAddressList();
        Assert.Equal(before, EntriesOf(again));
    }

    [Fact]
    public async Task An_importer_may_unmap_from_a_work_item_of_its_callback()
    {
        using DmaBuffer buffer = _bench.Export();
        using PhysicalAddressListAttachment attachment = Attach(buffer);
        PhysicalAddressListMapping mapping = attachment.MapPhysicalAddressList();
        _late.Hears = () => ThreadPool.QueueUserWorkItem(
            _ =>
            {
                using ReservationLock held = buffer.Reservation.Lock();
                attachment.UnmapPhysicalAddressListLocked(in held, mapping);
            });
        VfioTransition ended = await _bench.Device.DisableMemorySpaceAsync(VfioBench.Patience, Cancel);
        Assert.Equal(RevokeOutcome.Drained, ended.Outcome);
    }

    [Fact]
    public async Task A_reset_waits_for_work_behind_a_fence_although_nothing_is_mapped_any_more()
    {
        Resetting = () => _resets++;
        using FenceSource work = new FenceContext("engine").CreateFence();
        using DmaBuffer buffer = _bench.Export();
        using PhysicalAddressListAttachment attachment = Attach(buffer);
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            attachment.AddFence(in held, work.Fence, FenceUsage.Bookkeep);
        }

        Task<VfioTransition> reset = _bench.Device.ResetAsync(Timeout.InfiniteTimeSpan, Cancel);
        Assert.Equal((false, 0), (reset.IsCompleted, _resets));
        work.TrySignal();
        Assert.Equal(RevokeOutcome.Drained, (await reset).Outcome);
        Assert.Equal(1, _resets);
    }

    [Fact]
    public async Task When_the_function_resets_no_device_reaches_it_any_more_and_its_areas_stay_empty_for_ever()
    {
        DmaAddress iova = default;
        Resetting = () =>
        {
            _resets++;
            Expect.Faults(_bench.Machine, DmaFaultReason.NotMapped, DmaAccess.Write, iova, () => _bench.Engine.Write(iova, [1]));
        };
        using DmaBuffer buffer = _bench.Export();
        iova = _bench.Map(buffer);
        _bench.Engine.Write(iova, [42]);
        Assert.Equal(42, _bench.ByteOfBar(8 * VfioBench.Page));
        VfioTransition ended = await _bench.Device.ResetAsync(TimeSpan.Zero, Cancel);
        Assert.Equal((RevokeOutcome.Drained, 1, 42), (ended.Outcome, _resets, _bench.ByteOfBar(8 * VfioBench.Page)));
        Assert.Equal((0UL, 1), (_bench.Domains[0].MappedBytes, _bench.Space.AreaCount));
        SoftwareIommuDomain later = _bench.Machine.GetIommu(SampleMachine.Iommu).CreateDomain("later");
        _bench.Space.AddDomain(later);
        Assert.Equal(0UL, later.MappedBytes);
        Assert.Equal(buffer.Size, _bench.Context.Unmap(_bench.Space.Id, iova, buffer.Size));
        Assert.Equal(iova, _bench.Context.MapFile(VfioBench.Fixed, _bench.Space.Id, buffer, 0, buffer.Size, iova));
        Assert.True(VfioBench.Reaches(_bench.Engine, iova));
        Assert.Equal(buffer.Size, later.MappedBytes);
        _bench.Space.RemoveDomain(later);
        Assert.Equal(0UL, later.MappedBytes);
    }

    [Fact]
    public async Task Whoever_never_lets_go_keeps_the_buffer_in_quarantine_until_it_does()
    {
        Resetting = () => _resets++;
        using DmaBuffer buffer = _bench.Export();
        using PhysicalAddressListAttachment attachment = Attach(buffer);
        PhysicalAddressListMapping mapping = attachment.MapPhysicalAddressList();
        VfioTransition reset = await _bench.Device.ResetAsync(TimeSpan.Zero, Cancel);
        Assert.Equal((RevokeOutcome.Quarantined, 1), (reset.Outcome, _resets));
        Assert.Contains("quarantine", Assert.Single(reset.StayedRevoked), StringComparison.Ordinal);
        Expect.Fails(Errno.ENODEV, () => attachment.MapPhysicalAddressList());
        mapping.Dispose();
        Assert.Empty((await _bench.Device.EnableMemorySpaceAsync(Cancel)).StayedRevoked);
        attachment.MapPhysicalAddressList().Dispose();
        _bench.Problems = 1;
    }

    [Fact]
    public async Task One_deadline_covers_all_buffers_and_each_is_told_once()
    {
        using DmaBuffer first = _bench.Export();
        using DmaBuffer second = _bench.Export();
        using PhysicalAddressListAttachment one = Attach(first);
        using PhysicalAddressListAttachment other = Attach(second);
        PhysicalAddressListMapping mapping = one.MapPhysicalAddressList();
        Task<VfioTransition> disable = _bench.Device.DisableMemorySpaceAsync(Timeout.InfiniteTimeSpan, Cancel);
        Assert.Equal([InvalidateReason.Revoke, InvalidateReason.Revoke], _late.Told);
        Assert.Equal((BufferPhase.Revoking, BufferPhase.Revoked, false), (first.Phase, second.Phase, disable.IsCompleted));
        mapping.Dispose();
        Assert.Equal(2, (await disable).Reports.Count);
        await _bench.Device.DisableMemorySpaceAsync(TimeSpan.Zero, Cancel);
        Assert.Equal(2, _late.Told.Count);
        await _bench.Device.EnableMemorySpaceAsync(Cancel);
        await _bench.Device.EnableMemorySpaceAsync(Cancel);
        Assert.Equal(4, _late.Told.Count);
    }

    [Fact]
    public async Task A_buffer_outlives_its_closed_device_and_everything_of_it_can_still_be_given_back()
    {
        DmaBuffer buffer = _bench.Export();
        PhysicalAddressListAttachment attachment = Attach(buffer);
        PhysicalAddressListMapping mapping = attachment.MapPhysicalAddressList();
        DmaAddress iova = _bench.Map(buffer);
        Assert.Equal(2, _bench.Device.PowerReferences);
        Task<VfioTransition> close = _bench.Device.CloseAsync(Timeout.InfiniteTimeSpan, Cancel);
        Assert.Equal((false, BufferPhase.Revoking), (close.IsCompleted, buffer.Phase));
        Expect.Faults(_bench.Machine, DmaFaultReason.NotMapped, DmaAccess.Read, iova, () => _bench.Engine.Read(iova, new byte[1]));
        mapping.Dispose();
        Assert.Equal((RevokeOutcome.Drained, 0, BufferPhase.Dead), ((await close).Outcome, _bench.Device.BufferCount, buffer.Phase));
        Expect.Fails(Errno.ENODEV, () => Attach(buffer));
        Expect.Fails(Errno.ENODEV, () => attachment.MapPhysicalAddressList());
        Expect.Fails(Errno.ENODEV, () => _bench.Device.EnableMemorySpaceAsync(Cancel).GetAwaiter().GetResult());
        Assert.Equal(buffer.Size, _bench.Context.Unmap(_bench.Space.Id, iova, buffer.Size));
        attachment.Detach();
        Assert.False(buffer.IsReleased);
        buffer.Dispose();
        Assert.True(buffer.IsReleased);
    }

    [Fact]
    public async Task A_buffer_that_its_owner_drops_during_a_revoke_is_released_when_the_revoke_has_ended()
    {
        DmaBuffer buffer = _bench.Export();
        PhysicalAddressListAttachment attachment = Attach(buffer);
        PhysicalAddressListMapping mapping = attachment.MapPhysicalAddressList();
        Task<VfioTransition> disable = _bench.Device.DisableMemorySpaceAsync(Timeout.InfiniteTimeSpan, Cancel);
        buffer.Dispose();
        mapping.Dispose();
        attachment.Detach();
        await disable;
        Assert.Equal((true, 0), (buffer.IsReleased, _bench.Device.BufferCount));
    }

    private PhysicalAddressListAttachment Attach(DmaBuffer buffer) => buffer.Attach(_late, PhysicalAddressListMappingType.Request(_bench.Access));

    private static PhysicalRange[] EntriesOf(PhysicalAddressListMapping mapping)
    {
        using PhysicalAddressListLease lease = mapping.ReadList();
        return lease.Entries.ToArray();
    }
}
