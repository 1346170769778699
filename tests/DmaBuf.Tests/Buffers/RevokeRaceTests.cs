using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Buffers;

/// <summary>Revoke against concurrent attach, map, access and detach on real threads.</summary>
public sealed class RevokeRaceTests : BufferFixture
{
    [Fact]
    public async Task Maps_accesses_and_detaches_race_with_revokes_and_nothing_is_left()
    {
        FakeRulelessType type = new();
        using DmaBuffer buffer = Export(new FakeExporter(OfferSource.Single(type.Offer())));
        MappingRequest<FakeAttachment> request = type.Request();
        int running = 2;
        void Use()
        {
            for (int round = 0; round < 300; round++)
            {
                try
                {
                    using FakeAttachment attachment = buffer.Attach(Importer, request);
                    attachment.CanTakeAway = true;
                    using FakeMapping mapping = attachment.MapFake();
                    mapping.Enter().Dispose();
                }
                catch (DmaBufException refused) when (refused.Errno == Errno.ENODEV)
                {
                    // The revoke came first: the only refusal that is allowed here.
                }
            }

            Interlocked.Decrement(ref running);
        }

        Task[] users = [Task.Run(Use), Task.Run(Use)];
        while (Volatile.Read(ref running) > 0 && !users.Any(static user => user.IsFaulted))
        {
            RevokeReport report = await buffer.RevokeAsync(TimeSpan.Zero);
            Assert.NotEqual(RevokeOutcome.Quarantined, report.Outcome);
            await buffer.UnrevokeAsync();
        }

        await Task.WhenAll(users);
        Assert.Equal((0, 0, 1), (buffer.AttachmentCount, buffer.MappingCount, buffer.ReferenceCount));
    }
}
