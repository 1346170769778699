namespace DmaBuf.Machine.Tests;

/// <summary>The memory bit of the command register, and transitions that are cancelled, refused or fail: no buffer is left alive under memory that is off.</summary>
public sealed class VfioTransitionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_buffer_that_is_made_while_the_memory_is_off_starts_revoked_and_is_given_back()
    {
        using VfioBench bench = new(new VfioPciDeviceOptions { MemorySpaceEnabled = false });
        using DmaBuffer buffer = bench.Export();
        Assert.Equal(BufferPhase.Revoked, buffer.Phase);
        Expect.Fails(Errno.ENODEV, () => bench.Map(buffer));
        Assert.Equal(0, bench.Device.PowerReferences);
        Assert.Empty((await bench.Device.EnableMemorySpaceAsync(Cancel)).StayedRevoked);
        Assert.True(VfioBench.Reaches(bench.Engine, bench.Map(buffer)));
    }

    [Fact]
    public async Task A_reset_of_a_device_whose_memory_is_off_leaves_it_off()
    {
        int resets = 0;
        using VfioBench bench = new(new VfioPciDeviceOptions { Resetting = () => resets++ });
        using DmaBuffer buffer = bench.Export();
        await bench.Device.DisableMemorySpaceAsync(TimeSpan.Zero, Cancel);
        await bench.Device.ResetAsync(TimeSpan.Zero, Cancel);
        Assert.Equal((1, BufferPhase.Revoked), (resets, buffer.Phase));
        using DmaBuffer made = bench.Export();
        Assert.Equal(BufferPhase.Revoked, made.Phase);
        await bench.Device.EnableMemorySpaceAsync(Cancel);
        Assert.Equal((BufferPhase.Live, BufferPhase.Live), (buffer.Phase, made.Phase));
    }

    [Fact]
    public async Task A_fence_of_somebody_else_holds_up_neither_enabling_nor_closing()
    {
        Reservation shared = new();
        using FenceSource work = new FenceContext("somebody else").CreateFence();
        using VfioBench bench = new(new VfioPciDeviceOptions { MemorySpaceEnabled = false });
        using (ReservationLock held = shared.Lock())
        {
            shared.AddFence(in held, work.Fence, FenceUsage.Bookkeep);
        }

        using DmaBuffer buffer = bench.Device.CreateBuffer(0, [new BarRange(0, 4096)], bench.Options with { Reservation = shared });
        Assert.Contains("somebody else", Assert.Single((await bench.Device.EnableMemorySpaceAsync(Cancel)).StayedRevoked), StringComparison.Ordinal);
        work.TrySignal();
        Assert.Empty((await bench.Device.EnableMemorySpaceAsync(Cancel)).StayedRevoked);
        Assert.Equal(BufferPhase.Live, buffer.Phase);
        await bench.Device.CloseAsync(TimeSpan.Zero, Cancel);
        bench.Problems = 1;
    }

    public static TheoryData<string> Transitions => ["disable", "reset", "close"];

    [Theory]
    [MemberData(nameof(Transitions))]
    public void A_deadline_that_is_none_is_refused_before_anything_happens(string transition)
    {
        using VfioBench bench = new();
        using DmaBuffer buffer = bench.Export();
        DmaAddress iova = bench.Map(buffer);
        Assert.Throws<ArgumentOutOfRangeException>(() => Begin(bench.Device, transition, TimeSpan.FromSeconds(-2)).GetAwaiter().GetResult());
        Assert.Throws<ArgumentOutOfRangeException>(() => Begin(bench.Device, transition, TimeSpan.FromDays(50)).GetAwaiter().GetResult());
        Assert.Equal((BufferPhase.Live, true), (buffer.Phase, VfioBench.Reaches(bench.Engine, iova)));
        using DmaBuffer made = bench.Export();
        Assert.Equal(BufferPhase.Live, made.Phase);
    }

    [Theory]
    [MemberData(nameof(Transitions))]
    public async Task A_caller_that_gives_up_waiting_leaves_no_buffer_alive(string transition)
    {
        using VfioBench bench = new();
        using DmaBuffer first = bench.Export();
        using DmaBuffer second = bench.Export();
        LateImporter late = new();
        using PhysicalAddressListAttachment attachment = first.Attach(late, PhysicalAddressListMappingType.Request(bench.Access));
        using PhysicalAddressListAttachment other = second.Attach(late, PhysicalAddressListMappingType.Request(bench.Access));
        using CancellationTokenSource giveUp = new();
        PhysicalAddressListMapping[] mappings = [attachment.MapPhysicalAddressList(), other.MapPhysicalAddressList()];

        // The first buffer's importer makes the caller give up, before the second buffer's turn has come.
        late.Hears = giveUp.Cancel;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Begin(bench.Device, transition, Timeout.InfiniteTimeSpan, giveUp.Token));
        Assert.Equal((true, true), (first.Phase is not BufferPhase.Live, second.Phase is not BufferPhase.Live));
        Array.ForEach(mappings, static mapping => mapping.Dispose());
        Assert.Equal(RevokeOutcome.Drained, (await bench.Device.CloseAsync(VfioBench.Patience, Cancel)).Outcome);
        Assert.Equal((BufferPhase.Dead, BufferPhase.Dead, 0), (first.Phase, second.Phase, bench.Device.BufferCount));
    }

    [Fact]
    public async Task One_buffer_that_cannot_be_closed_now_leaves_the_others_closed_and_is_closed_by_the_next_call()
    {
        using VfioBench bench = new();
        using DmaBuffer first = bench.Export();
        using DmaBuffer locked = bench.Export();
        using DmaBuffer third = bench.Export();
        Assert.Equal(Errno.EDEADLK, CloseWithLock(bench.Device, locked));
        Assert.Equal(BufferPhase.Live, locked.Phase);
#if !DEBUG
        // A debug build's check of the lock order refuses whoever holds any reservation, so there none of them can be closed now.
        Assert.Equal((BufferPhase.Dead, BufferPhase.Dead), (first.Phase, third.Phase));
#endif
        Expect.Fails(Errno.ENODEV, () => bench.Export());
        await bench.Device.CloseAsync(TimeSpan.Zero, Cancel);
        Assert.Equal((BufferPhase.Dead, BufferPhase.Dead, BufferPhase.Dead, 0), (first.Phase, locked.Phase, third.Phase, bench.Device.BufferCount));
    }

    [Fact]
    public async Task A_buffer_that_somebody_closed_does_not_keep_the_others_from_being_given_back()
    {
        using VfioBench bench = new();
        using DmaBuffer first = bench.Export();
        using DmaBuffer closed = bench.Export();
        using DmaBuffer third = bench.Export();
        await bench.Device.DisableMemorySpaceAsync(TimeSpan.Zero, Cancel);
        await closed.CloseAsync(TimeSpan.Zero, Cancel);
        Assert.Contains("gone for good", Assert.Single((await bench.Device.EnableMemorySpaceAsync(Cancel)).StayedRevoked), StringComparison.Ordinal);
        Assert.Equal((BufferPhase.Live, BufferPhase.Dead, BufferPhase.Live), (first.Phase, closed.Phase, third.Phase));
    }

    [Fact]
    public async Task A_reset_that_fails_gives_nothing_back()
    {
        using VfioBench bench = new(new VfioPciDeviceOptions { Resetting = static () => throw new DmaBufException(Errno.EIO, "The function did not come back.") });
        using DmaBuffer buffer = bench.Export();
        Assert.Equal(Errno.EIO, (await Assert.ThrowsAsync<DmaBufException>(() => bench.Device.ResetAsync(TimeSpan.Zero, Cancel))).Errno);
        Assert.Equal(BufferPhase.Revoked, buffer.Phase);
        using DmaBuffer made = bench.Export();
        Assert.Equal(BufferPhase.Revoked, made.Phase);
        await bench.Device.EnableMemorySpaceAsync(Cancel);
        Assert.Equal((BufferPhase.Live, BufferPhase.Live), (buffer.Phase, made.Phase));
    }

    [Fact]
    public async Task Transitions_come_one_after_the_other()
    {
        using VfioBench bench = new();
        using DmaBuffer buffer = bench.Export();
        LateImporter late = new();
        using PhysicalAddressListAttachment attachment = buffer.Attach(late, PhysicalAddressListMappingType.Request(bench.Access));
        PhysicalAddressListMapping mapping = attachment.MapPhysicalAddressList();
        Task<VfioTransition> disable = bench.Device.DisableMemorySpaceAsync(Timeout.InfiniteTimeSpan, Cancel);
        Task<VfioTransition> enable = bench.Device.EnableMemorySpaceAsync(Cancel);
        using CancellationTokenSource impatient = new();
        Task<VfioTransition> close = bench.Device.CloseAsync(TimeSpan.Zero, impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => close);
        Assert.Equal((false, false, BufferPhase.Revoking), (disable.IsCompleted, enable.IsCompleted, buffer.Phase));
        mapping.Dispose();
        await disable;
        await enable;
        Assert.Equal(BufferPhase.Live, buffer.Phase);
        Assert.Equal([InvalidateReason.Revoke, InvalidateReason.Unrevoke], late.Told);
    }

    private static Task<VfioTransition> Begin(VfioPciDevice device, string transition, TimeSpan deadline, CancellationToken cancellationToken = default) => transition switch
    {
        "disable" => device.DisableMemorySpaceAsync(deadline, cancellationToken),
        "reset" => device.ResetAsync(deadline, cancellationToken),
        _ => device.CloseAsync(deadline, cancellationToken),
    };

    private static Errno CloseWithLock(VfioPciDevice device, DmaBuffer buffer)
    {
        using ReservationLock held = buffer.Reservation.Lock();
        return Assert.Throws<DmaBufException>(() => device.CloseAsync(TimeSpan.Zero, Cancel).GetAwaiter().GetResult()).Errno;
    }
}
