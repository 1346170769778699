using DmaBuf.Tests.Defects.Mutants;
using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.PeerToPeer;

namespace DmaBuf.Tests.Defects;

/// <summary>Defects of spec 9 between two lists: what a match rule may say and know, and what is made of its answer.</summary>
public sealed class NegotiationDefects : BufferFixture
{
    private readonly FakeType _type = new();

    private delegate Errno TableMatch(int requirement, IPciDevice? exporting, bool acceptsPeers);

    [Fact]
    public void D_1_a_match_rule_cannot_make_a_success_that_is_no_attachment()
    {
        using DmaBuffer buffer = Export(_type.Offer("private link"));
        FirstPostedAttach first = new() { Match = static _ => 1 };
        DefectProof.Show<Func<(bool Success, bool Usable)>>(
            "the caller's success is no attachment",
            () =>
            {
                using FakeAttachment attachment = buffer.Attach(Importer, _type.Request("over the private link"));
                return (attachment is not null, attachment!.Phase == AttachmentPhase.Listed);
            },
            () => (first.Attach("xgmi"), first.IsAttached),
            static (attach, defect) =>
            {
                (bool success, bool usable) = attach();
                Assert.True(success);
                defect.AbsentIf(usable);
            });
    }

    [Fact]
    public void D_1b_what_a_match_rule_has_to_know_travels_in_the_request()
    {
        FakeType link = new("link");
        link.Answer("offer", "host", static (in MatchContext context) => context.Decline("link", 1, 2));
        using DmaBuffer buffer = Export(link.Offer());
        FirstPostedAttach first = new() { Match = static attachment => attachment.ImporterKind == "xgmi" ? 0 : -(int)Errno.EINVAL };
        DefectProof.Show<Func<string, bool>>(
            "the private link is not recognised",
            importer => buffer.Explain(Importer, link.Request(importer)).Succeeded,
            first.Attach,
            static (matches, defect) =>
            {
                Assert.False(matches("host"));
                defect.AbsentIf(matches("xgmi"));
            });
    }

    [Fact]
    public void D_2_offers_are_asked_for_without_the_lock()
        => DefectProof.Show<FakeExporter>(
            "the exporter believes that the lock is held",
            new FakeExporter(OfferSource.Computed(buffer => buffer.Reservation.IsLocked
                ? OfferAnswer.Refuse(Errno.EFAULT, "the reservation lock is held")
                : MappingOfferList.Create(_type.Offer()))),
            new LockAssertingExporter(_type.Offer()),
            (exporter, defect) =>
            {
                using DmaBuffer buffer = Export(exporter);
                buffer.TryAttach(Importer, [_type.Request()], out Attachment? attachment, out global::DmaBuf.Negotiation? failure);
                attachment?.Dispose();
                defect.AbsentIf(failure?.Errno != LockAssertingExporter.Asserted);
                Assert.Null(failure);
            });

    [Fact]
    public void D_3_a_device_that_closes_during_an_attach_is_ENODEV()
        => DefectProof.Show<DeviceExporter>(
            "the offer function goes through a pointer that closing had cleared",
            new DeviceExporter(_type.Offer(), static exporter => exporter.OwnReference),
            new DeviceExporter(_type.Offer(), static exporter => exporter.ClearedAtClose!),
            (exporter, defect) =>
            {
                using DmaBuffer buffer = Export(exporter);
                buffer.Attach(Importer, _type.Request()).Dispose();
                exporter.BeforeTheDeviceIsRead = () => exporter.Close(buffer);
                Exception? ended = Record.Exception(() => buffer.Attach(Importer, _type.Request()));
                defect.AbsentIf(ended is not NullReferenceException);
                Assert.Equal(Errno.ENODEV, Assert.IsType<DmaBufException>(ended).Errno);
            });

    [Fact]
    public void D_16_a_value_that_is_no_requirement_is_EINVAL_and_matches_nobody()
        => DefectProof.Show<TableMatch>(
            "an unknown value is taken for an offer that requires nothing",
            MatchTable,
            static (requirement, exporting, accepts) => FirstPostedTableMatch.Offer(requirement, exporting).Match(accepts),
            static (match, defect) =>
            {
                CountingPciDevice near = new(PeerToPeerMapType.BusAddress, 4);
                CountingPciDevice far = new(PeerToPeerMapType.NotSupported, -1);

                // The known rows of the matrix, in which the two agree.
                Assert.Equal((Errno.None, Errno.None), (match(0, far, false), match(0, far, true)));
                Assert.Equal((Errno.EOPNOTSUPP, Errno.EOPNOTSUPP), (match(1, null, false), match(1, null, true)));
                Assert.Equal((Errno.EOPNOTSUPP, Errno.None), (match(1, near, false), match(1, near, true)));
                Assert.Equal(Errno.EOPNOTSUPP, match(1, far, true));

                // The importer's word in the exporter's place, values of nobody, and one that eight bits cut to a known value.
                Errno[] unknown = [.. new[] { 2, 3, 255, -1, 256 }.Select(value => match(value, far, false))];
                defect.AbsentIf(unknown.All(static said => said == Errno.EINVAL), string.Join(' ', unknown));
            });

    [Fact]
    public void D_20_nothing_in_common_is_told_apart_from_declined_although_both_are_EINVAL()
    {
        _type.Decline("offer", "request");
        FakeType stranger = new("stranger");
        using DmaBuffer buffer = Export(_type.Offer());
        (Errno, string?) Said(MappingRequest request)
        {
            global::DmaBuf.Negotiation explained = buffer.Explain(Importer, request);
            return (explained.Errno, explained.Reason);
        }

        DefectProof.Show<(Func<(Errno, string?)> Declined, Func<(Errno, string?)> Strange)>(
            "the two cannot be told apart",
            (() => Said(_type.Request()), () => Said(stranger.Request())),
            (static () => (Errno.EINVAL, null), static () => (Errno.EINVAL, null)),
            static (answers, defect) =>
            {
                Assert.Equal((Errno.EINVAL, Errno.EINVAL), (answers.Declined().Item1, answers.Strange().Item1));
                defect.AbsentIf(answers.Declined() != answers.Strange(), answers.Strange());
            });
    }

    [Fact]
    public void D_28_the_third_part_of_match_fail_notices_a_matcher_that_is_blind_for_types()
    {
        static Errno BlindMatcher(MappingOfferList offers, MappingRequestList requests)
            => offers.Count > 0 && requests.Count > 0 ? Errno.None : Errno.EINVAL;

        FakeType other = new("B");
        DefectProof.Show<MappingRequestList>(
            "the case passes on a matcher that is blind for types",
            [_type.Request()],
            [],
            (requests, defect) => defect.AbsentIf(BlindMatcher([other.Offer()], requests) != Errno.EINVAL));
    }

    /// <summary>Ours with the numbers of the matrix: a soft refusal is told apart from a value that could not even be offered.</summary>
    private Errno MatchTable(int requirement, IPciDevice? exporting, bool acceptsPeers)
    {
        MappingOffer offer;
        try
        {
            offer = ScatterGatherMappingType.OfferPeerToPeer(new NoTableOperations(), (PeerToPeerRequirement)requirement, exporting);
        }
        catch (DmaBufException refused)
        {
            return refused.Errno;
        }

        using DmaBuffer buffer = Export(offer);
        global::DmaBuf.Negotiation explained = buffer.Explain(
            new FakeDynamicImporter(), ScatterGatherMappingType.Request(new NamedDevice(), acceptsPeers ? PeerToPeerAcceptance.Accepted : PeerToPeerAcceptance.NotAccepted));
        return explained.Succeeded ? Errno.None : explained.Pairs.Single().Decline is not null ? Errno.EOPNOTSUPP : explained.Errno;
    }
}
