using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Buffers;

/// <summary>Detach refuses and changes nothing while something lives; dispose undoes it, and says so (spec 2.8, D-26).</summary>
public sealed class DetachTests : BufferFixture
{
    private readonly FakeType _type = new();

    [Fact]
    public void Detach_refuses_while_mapped_and_changes_nothing()
    {
        FakeExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        Refusal.Expect(Errno.EBUSY, attachment.Detach);
        Assert.Equal((1, 1, AttachmentPhase.Listed), (buffer.AttachmentCount, attachment.LiveMappings, attachment.Phase));
        Assert.True(mapping.IsAccessible);
        Assert.Equal(["attach"], exporter.Trace);
        mapping.Dispose();
        attachment.Detach();
        Assert.Equal(["attach", "detach"], exporter.Trace);
        Assert.Throws<ObjectDisposedException>(attachment.Detach);
        Assert.Throws<ObjectDisposedException>(() => attachment.MapFake());
    }

    [Fact]
    public void Detach_refuses_while_pinned_and_changes_nothing()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        FakeAttachment attachment = buffer.Attach(new FakeDynamicImporter(), _type.Request());
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            attachment.Pin(in held);
        }

        Refusal.Expect(Errno.EBUSY, attachment.Detach);
        Assert.Equal((1, 1), (buffer.AttachmentCount, exporter.Pins));
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            attachment.Unpin(in held);
        }

        attachment.Detach();
        Assert.Equal(0, exporter.Pins);
    }

    [Fact]
    public void Detach_refuses_while_an_invalidated_mapping_lives()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        FakeAttachment attachment = buffer.Attach(new FakeDynamicImporter(), _type.Request());
        FakeMapping mapping = attachment.MapFake();
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            buffer.Invalidate(in held);
        }

        Refusal.Expect(Errno.EBUSY, attachment.Detach);
        mapping.Dispose();
        attachment.Detach();
    }

    [Fact]
    public void Dispose_unmaps_unpins_detaches_and_reports_the_leftover()
    {
        FakePinningExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        FakeAttachment attachment = buffer.Attach(new FakeDynamicImporter(), _type.Request());
        FakeMapping first = attachment.MapFake();
        FakeMapping second = attachment.MapFake();
        using (ReservationLock held = buffer.Reservation.Lock())
        {
            attachment.Pin(in held);
        }

        attachment.Dispose();
        Assert.Equal((2, 0, 0, 0), (attachment.Unmaps, exporter.Pins, attachment.LiveMappings, buffer.AttachmentCount));
        Assert.False(first.IsAccessible || second.IsAccessible);
        DmaBufferProblem problem = Assert.Single(Registry.Problems);
        Assert.Equal(DmaBufferProblemKind.DisposedWithLeftovers, problem.Kind);
        Assert.Contains("2 mappings and 1 pins", problem.Description, StringComparison.Ordinal);
        ExpectedProblems = 1;
    }

    [Fact]
    public void Dispose_with_an_access_inside_is_finished_by_the_last_one_out()
    {
        FakeExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        FakeMapping mapping = attachment.MapFake();
        AccessScope first = mapping.Enter();
        AccessScope second = mapping.Enter();
        attachment.Dispose();
        attachment.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Enter(mapping));
        Assert.Equal((0, 1), (attachment.Unmaps, buffer.AttachmentCount));
        first.Dispose();
        first.Dispose();
        Assert.Equal(0, attachment.Unmaps);
        second.Dispose();
        Assert.Equal((1, 0), (attachment.Unmaps, buffer.AttachmentCount));
        Assert.Equal(["attach", "detach"], exporter.Trace);
        ExpectedProblems = 1;
    }

    [Fact]
    public void A_disposed_attachment_refuses_to_map_and_to_pin_while_its_last_access_goes_on()
    {
        using DmaBuffer buffer = Export(new FakePinningExporter(_type.Offer()));
        FakeAttachment attachment = buffer.Attach(new FakeDynamicImporter(), _type.Request());
        FakeMapping mapping = attachment.MapFake();
        AccessScope inside = mapping.Enter();
        attachment.Dispose();
        Assert.Throws<ObjectDisposedException>(() => attachment.MapFake());
        Assert.Throws<ObjectDisposedException>(attachment.Detach);
        Assert.Throws<ObjectDisposedException>(() =>
        {
            using ReservationLock held = buffer.Reservation.Lock();
            attachment.Pin(in held);
        });
        inside.Dispose();
        Assert.Equal(0, buffer.AttachmentCount);
        ExpectedProblems = 1;
    }

    [Fact]
    public void Dispose_inside_a_callback_calls_the_exporter_without_the_lock()
    {
        FakeExporter exporter = new(_type.Offer());
        using ManualResetEventSlim detached = new();
        FakeDynamicImporter importer = new()
        {
            Action = static (Attachment attachment, InvalidateReason _, in ReservationLock _) => attachment.Dispose(),
        };
        using (DmaBuffer buffer = Export(exporter))
        {
            buffer.Attach(importer, _type.Request());
            exporter.Detaching = _ => detached.Set();
            using (ReservationLock held = buffer.Reservation.Lock())
            {
                buffer.Invalidate(in held);
                Assert.Equal(0, buffer.AttachmentCount);
            }

            Assert.True(detached.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), "OnDetach was not called");
        }

        Assert.Equal(["attach", "detach", "release"], exporter.Trace);
    }

    private static void Enter(FakeMapping mapping) => mapping.Enter().Dispose();
}
