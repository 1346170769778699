using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Buffers;

/// <summary>
/// The rows of the locking table (spec 2.12), each both ways: what must be called without the lock is refused with EDEADLK by the thread that holds it,
/// what must be called with it is refused with EINVAL on a proof that is stale, of another reservation, or no proof at all. The callbacks' lock state is
/// asserted by the fakes of every other test.
/// </summary>
public sealed class LockRulesTests : BufferFixture
{
    private readonly FakeType _type = new();

    private delegate void UnlockedCall(DmaBuffer buffer, FakeAttachment attachment, FakeMapping mapping);

    private delegate void HeldCall(DmaBuffer buffer, FakeAttachment attachment, FakeMapping mapping, in ReservationLock held);

    [Theory]
    [InlineData("Attach")]
    [InlineData("Attach list")]
    [InlineData("TryAttach")]
    [InlineData("Explain")]
    [InlineData("Detach")]
    [InlineData("Map")]
    [InlineData("Unmap")]
    [InlineData("BeginCpuAccess")]
    [InlineData("EndCpuAccess")]
    [InlineData("Revoke")]
    [InlineData("Close")]
    [InlineData("Unrevoke")]
    [InlineData("Lock")]
    public void What_must_be_called_without_the_lock_is_EDEADLK_with_it_and_works_without(string row)
    {
        FakeExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        using FakeMapping mapping = attachment.MapFake();
        UnlockedCall call = Unlocked(row);
        int matches = _type.MatchCalls.Count;
        Refusal.Expect(Errno.EDEADLK, () =>
        {
            using ReservationLock held = buffer.Reservation.Lock();
            call(buffer, attachment, mapping);
        });
        Assert.False(buffer.Reservation.IsLocked);
        Assert.Equal((1, 1, matches), (buffer.AttachmentCount, attachment.LiveMappings, _type.MatchCalls.Count));
        Assert.Equal(BufferPhase.Live, buffer.Phase);
        Assert.Equal(["attach"], exporter.Trace);

        if (row == "Detach")
        {
            mapping.Dispose();
        }

        call(buffer, attachment, mapping);
        Assert.False(buffer.Reservation.IsLocked);
    }

    [Theory]
    [InlineData("Pin")]
    [InlineData("Unpin")]
    [InlineData("Map")]
    [InlineData("Unmap")]
    [InlineData("Invalidate")]
    [InlineData("Attachment.AddFence")]
    [InlineData("Reservation.AddFence")]
    public void What_must_be_called_with_the_lock_is_EINVAL_without_a_good_proof_and_works_with_it(string row)
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        FakeAttachment attachment = buffer.Attach(new FakeDynamicImporter(), _type.Request());
        using FakeMapping mapping = attachment.MapFake();
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            attachment.Pin(in held);
        }

        HeldCall call = Held(row);
        AttachmentStatus before = attachment.Status;
        Refusal.Expect(Errno.EINVAL, () => call(buffer, attachment, mapping, default));
        Refusal.Expect(Errno.EINVAL, () =>
        {
            ReservationLock stale = buffer.Reservation.Lock();
            stale.Dispose();
            call(buffer, attachment, mapping, in stale);
        });
        Refusal.Expect(Errno.EINVAL, () =>
        {
            ReservationLock stale = buffer.Reservation.Lock();
            stale.Dispose();
            using ReservationLock later = buffer.Reservation.Lock();
            call(buffer, attachment, mapping, in stale);
        });
        Refusal.Expect(Errno.EINVAL, () =>
        {
            using ReservationLock foreign = new Reservation().Lock();
            call(buffer, attachment, mapping, in foreign);
        });
        Assert.Equal((before, 1), (attachment.Status, exporter.Pins));
        Assert.Empty(buffer.Reservation.Snapshot(FenceUsage.Bookkeep));

        using (ReservationLock held = buffer.Reservation.Lock())
        {
            if (row == "Invalidate")
            {
                attachment.Unpin(in held);
            }

            call(buffer, attachment, mapping, in held);
        }

        attachment.Dispose();
        ExpectedProblems = 1;
    }

    [Fact]
    public void A_proof_is_good_on_whatever_thread_the_work_runs()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(new FakeDynamicImporter(), _type.Request());
        using ReservationLock held = buffer.Reservation.Lock();
        attachment.MapFakeLocked(in held).Dispose();
        Assert.True(buffer.Reservation.IsLocked, "tearing down under the lock must not leave it");
    }

    [Fact]
    public void Buffers_that_share_a_reservation_share_its_lock()
    {
        Reservation shared = new();
        DmaBufferExportOptions options = new() { Registry = Registry, Reservation = shared };
        using DmaBuffer first = DmaBuffer.Export(new FakeExporter(_type.Offer()), 1, options);
        using DmaBuffer second = DmaBuffer.Export(new FakeExporter(_type.Offer()), 1, options);
        using ReservationLock held = shared.Lock();
        first.Invalidate(in held);
        second.Invalidate(in held);
    }

    private UnlockedCall Unlocked(string row) => row switch
    {
        "Attach" => (buffer, _, _) => buffer.Attach(Importer, _type.Request()).Dispose(),
        "Attach list" => (buffer, _, _) => buffer.Attach(Importer, [_type.Request()]).Dispose(),
        "TryAttach" => (buffer, _, _) =>
        {
            Assert.True(buffer.TryAttach(Importer, [_type.Request()], out Attachment? made, out _));
            made.Dispose();
        }
        ,
        "Explain" => (buffer, _, _) => buffer.Explain(Importer, _type.Request()),
        "Detach" => static (_, attachment, _) => attachment.Detach(),
        "Map" => static (_, attachment, _) => attachment.MapFake().Dispose(),
        "Unmap" => static (_, attachment, mapping) => attachment.UnmapFake(mapping),
        "BeginCpuAccess" => static (buffer, _, _) => buffer.BeginCpuAccess(DmaDirection.FromDevice),
        "EndCpuAccess" => static (buffer, _, _) => buffer.EndCpuAccess(DmaDirection.FromDevice),
        "Revoke" => static (buffer, _, _) => Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero)),
        "Close" => static (buffer, _, _) => Refusal.Ended(buffer.CloseAsync(TimeSpan.Zero)),
        "Unrevoke" => static (buffer, _, _) => buffer.UnrevokeAsync().AsTask().GetAwaiter().GetResult(),
        _ => static (buffer, _, _) => buffer.Reservation.Lock().Dispose(),
    };

    private static HeldCall Held(string row) => row switch
    {
        "Pin" => static (DmaBuffer _, FakeAttachment attachment, FakeMapping _, in ReservationLock held) => attachment.Pin(in held),
        "Unpin" => static (DmaBuffer _, FakeAttachment attachment, FakeMapping _, in ReservationLock held) => attachment.Unpin(in held),
        "Map" => static (DmaBuffer _, FakeAttachment attachment, FakeMapping _, in ReservationLock held) => attachment.MapFakeLocked(in held),
        "Unmap" => static (DmaBuffer _, FakeAttachment attachment, FakeMapping mapping, in ReservationLock held)
            => attachment.UnmapFakeLocked(in held, mapping),
        "Invalidate" => static (DmaBuffer buffer, FakeAttachment _, FakeMapping _, in ReservationLock held) => buffer.Invalidate(in held),
        "Attachment.AddFence" => static (DmaBuffer _, FakeAttachment attachment, FakeMapping _, in ReservationLock held)
            => attachment.AddFence(in held, SignalledLater(), FenceUsage.Read),
        _ => static (DmaBuffer buffer, FakeAttachment _, FakeMapping _, in ReservationLock held)
            => buffer.Reservation.AddFence(in held, SignalledLater(), FenceUsage.Read),
    };

    private static Fence SignalledLater() => new FenceContext("engine").CreateFence().Fence;
}
