using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Buffers;

/// <summary>Attaching in two phases (spec 2.7): whatever refuses, nothing is left behind and the next attach works.</summary>
public sealed class AttachTests : BufferFixture
{
    private readonly FakeType _type = new();

    [Fact]
    public void A_veto_leaves_nothing_behind_and_the_next_attach_works()
    {
        FakeExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        Attachment? refused = null;
        exporter.Attaching = attachment =>
        {
            refused = attachment;
            throw new DmaBufException(Errno.EBUSY, "the memory is somewhere else");
        };

        Refusal.Expect(Errno.EBUSY, () => buffer.Attach(Importer, _type.Request()));
        AssertNothingAttached(buffer);
        Assert.Equal(["attach"], exporter.Trace);
        Assert.Equal(AttachmentPhase.Failed, refused!.Phase);
        Refusal.Expect(Errno.EINVAL, () => ((FakeAttachment)refused).MapFake());

        exporter.Attaching = null;
        using (buffer.Attach(Importer, _type.Request()))
        {
            Assert.Equal(1, buffer.AttachmentCount);
        }

        Assert.Equal(["attach", "attach", "detach"], exporter.Trace);
    }

    [Fact]
    public void A_veto_without_an_errno_passes_through_and_leaves_nothing_behind()
    {
        FakeExporter exporter = new(_type.Offer()) { Attaching = static _ => throw new TimeZoneNotFoundException() };
        using DmaBuffer buffer = Export(exporter);
        Assert.Throws<TimeZoneNotFoundException>(() => buffer.Attach(Importer, _type.Request()));
        AssertNothingAttached(buffer);
        Assert.Equal(["attach"], exporter.Trace);
    }

    [Fact]
    public void TryAttach_tells_a_veto_as_a_value_with_its_errno_and_reason()
    {
        FakeExporter exporter = new(_type.Offer()) { Attaching = static _ => throw new DmaBufException(Errno.EPERM, "not this one") };
        using DmaBuffer buffer = Export(exporter);
        Assert.False(buffer.TryAttach(Importer, _type.Request(), out FakeAttachment? attachment, out global::DmaBuf.Negotiation? failure));
        Assert.Null(attachment);
        Assert.Equal(Errno.EPERM, failure.Errno);
        Assert.Contains("not this one", failure.Reason, StringComparison.Ordinal);
        AssertNothingAttached(buffer);
    }

    [Fact]
    public void TryAttach_gives_the_attachment_or_the_table()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        Assert.True(buffer.TryAttach(Importer, _type.Request(), out FakeAttachment? attachment, out global::DmaBuf.Negotiation? failure));
        Assert.Null(failure);
        attachment.Dispose();
        _type.Decline("offer", "picky");
        Assert.False(buffer.TryAttach(Importer, _type.Request("picky"), out attachment, out failure));
        Assert.Equal(NegotiationPairResult.Declined, Assert.Single(failure.Pairs).Result);
    }

    [Fact]
    public void A_revoke_that_comes_while_the_exporter_is_asked_refuses_the_attach_and_undoes_the_exporters_work()
    {
        FakeExporter exporter = new(_type.Offer());
        using DmaBuffer buffer = Export(exporter);
        exporter.Attaching = attachment => Refusal.Ended(attachment.Buffer.RevokeAsync(TimeSpan.Zero));
        Refusal.Expect(Errno.ENODEV, () => buffer.Attach(Importer, _type.Request()));
        AssertNothingAttached(buffer);
        Assert.Equal(["attach", "detach"], exporter.Trace);
    }

    [Theory]
    [InlineData(Revocability.None, false, true)]
    [InlineData(Revocability.None, true, true)]
    [InlineData(Revocability.Cooperative, false, true)]
    [InlineData(Revocability.Cooperative, true, false)]
    [InlineData(Revocability.Enforced, false, false)]
    [InlineData(Revocability.Enforced, true, false)]
    public void An_exporter_that_needs_revocation_refuses_whom_it_could_not_cut_off(Revocability revocability, bool dynamic, bool isRefused)
    {
        FakeExporter exporter = new(_type.Offer()) { MustRevoke = true };
        using DmaBuffer buffer = Export(exporter);
        _type.ReturnInstead = made =>
        {
            made.ProgrammedRevocability = revocability;
            return made;
        };
        DmaBufferImporter importer = dynamic ? new FakeDynamicImporter() : Importer;
        if (isRefused)
        {
            Refusal.Expect(Errno.EOPNOTSUPP, () => buffer.Attach(importer, _type.Request()));
            AssertNothingAttached(buffer);
            Assert.Empty(exporter.Trace);
            return;
        }

        using FakeAttachment attachment = buffer.Attach(importer, _type.Request());
        Assert.True(attachment.IsRevocable);
    }

    [Fact]
    public void A_type_that_returns_a_kept_attachment_is_caught()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment kept = buffer.Attach(Importer, _type.Request());
        _type.ReturnInstead = _ => kept;
        Assert.Throws<InvalidOperationException>(() => buffer.Attach(Importer, _type.Request()));
        Assert.Equal(1, buffer.AttachmentCount);
        Assert.Equal(AttachmentPhase.Listed, kept.Phase);
        _type.ReturnInstead = static _ => null!;
        Assert.Throws<InvalidOperationException>(() => buffer.Attach(Importer, _type.Request()));
        Assert.Equal(1, buffer.AttachmentCount);
    }

    [Fact]
    public void One_context_makes_one_attachment_and_none_is_made_without_it()
    {
        GreedyType greedy = new();
        using DmaBuffer buffer = Export(greedy.Offer());
        Assert.Throws<InvalidOperationException>(() => buffer.Attach(Importer, greedy.Request()));
        AssertNothingAttached(buffer);
        Assert.Throws<InvalidOperationException>(static () => new FakeAttachment(default));
    }

    [Fact]
    public void An_attachment_knows_its_parties_its_type_and_its_bound()
    {
        _type.Cost = MappingCost.CacheMaintenance;
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        Assert.Same(buffer, attachment.Buffer);
        Assert.Same(Importer, attachment.Importer);
        Assert.Same(_type, attachment.Type);
        Assert.Equal(MappingCost.CacheMaintenance, attachment.CostBound);
        Assert.Equal(AttachmentPhase.Listed, attachment.Phase);
    }

    private static void AssertNothingAttached(DmaBuffer buffer)
    {
        Assert.Equal(0, buffer.AttachmentCount);
        Assert.Equal(1, buffer.ReferenceCount);
        Assert.False(buffer.Reservation.IsLocked);
    }

    /// <summary>A broken type that makes two attachments of one context.</summary>
    private sealed class GreedyType() : MappingType<string, string, FakeAttachment>("greedy", 1)
    {
        internal MappingOffer Offer() => CreateOffer("offer");

        internal MappingRequest<FakeAttachment> Request() => CreateRequest("request");

        protected internal override FakeAttachment FinishMatch(in FinishContext context, string offer, string request)
        {
            _ = new FakeAttachment(in context);
            return new FakeAttachment(in context);
        }
    }
}
