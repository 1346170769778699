using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Buffers;

/// <summary>
/// The device closes in one thread while another attaches (the test of D-3): an attach is ENODEV, or it succeeds and its importer is told of the close. Nothing
/// lies between, such as an attachment that was listed after everybody had been told.
/// </summary>
public sealed class CloseRaceTests : BufferFixture
{
    private const int Rounds = 5_000;

    [Fact]
    public async Task An_attach_against_a_close_is_ENODEV_or_is_told()
    {
        FakeRulelessType type = new();
        FakeExporter exporter = new(OfferSource.Single(type.Offer())) { RecordsCalls = false };
        DmaBuffer[] buffers = [.. Enumerable.Range(0, Rounds).Select(_ => Export(exporter))];
        int reached = -1;
        Task attaching = Task.Run(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                Volatile.Write(ref reached, round);
                AttachOnce(buffers[round], type.Request());
            }
        });
        for (int round = 0; round < Rounds; round++)
        {
            SpinWait.SpinUntil(() => Volatile.Read(ref reached) >= round || attaching.IsFaulted);
            Assert.Equal(RevokeOutcome.Drained, (await buffers[round].CloseAsync(TimeSpan.Zero)).Outcome);
        }

        await attaching;
        Assert.All(buffers, static buffer => Assert.Equal((0, 1, BufferPhase.Dead), (buffer.AttachmentCount, buffer.ReferenceCount, buffer.Phase)));
        Array.ForEach(buffers, static buffer => buffer.Dispose());
    }

    private static void AttachOnce(DmaBuffer buffer, MappingRequest<FakeAttachment> request)
    {
        FakeDynamicImporter importer = new();
        try
        {
            using FakeAttachment attachment = buffer.Attach(importer, request);
            SpinWait.SpinUntil(() => buffer.Phase == BufferPhase.Dead);
            using ReservationLock held = buffer.Reservation.Lock();
            Assert.Equal((attachment, InvalidateReason.Revoke), Assert.Single(importer.Calls));
        }
        catch (DmaBufException refused) when (refused.Errno == Errno.ENODEV)
        {
            Assert.Empty(importer.Calls);
        }
    }
}
