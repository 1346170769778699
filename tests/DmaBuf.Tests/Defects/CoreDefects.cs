using DmaBuf.Tests.Conformance;
using DmaBuf.Tests.Defects.Mutants;
using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.PeerToPeer;

namespace DmaBuf.Tests.Defects;

/// <summary>
/// The core's defects of spec 9, each as one body for ours and for a mutant. Those that the compiler excludes stand in
/// <see cref="ExcludedByTheCompiler"/>, those of tables and lists beside their mapping types.
/// </summary>
public sealed class CoreDefects : BufferFixture
{
    private readonly FakeType _type = new();

    [Fact]
    public void D_1_a_match_rule_cannot_make_a_success_that_is_no_attachment()
    {
        using DmaBuffer buffer = Export(_type.Offer("private link"));
        FirstPostedAttach first = new() { Match = static _ => 1 };
        DefectProof.Show<Func<(bool Success, bool Usable)>>(
            () =>
            {
                using FakeAttachment attachment = buffer.Attach(Importer, _type.Request("over the private link"));
                return (attachment is not null, attachment!.Phase == AttachmentPhase.Listed);
            },
            () => (first.Attach("xgmi"), first.IsAttached),
            static attach =>
            {
                (bool success, bool usable) = attach();
                Assert.Equal((true, true), (success, usable));
            });
    }

    [Fact]
    public void D_1b_what_a_match_rule_has_to_know_travels_in_the_request()
    {
        FakeType link = new("link");
        link.Answer("offer", "host", static (in MatchContext context) => context.Decline("link", 1, 2));
        using DmaBuffer buffer = Export(link.Offer());
        FirstPostedAttach first = new() { Match = static attachment => attachment.ImporterKind == "xgmi" ? 0 : -(int)Errno.EINVAL };
        DefectProof.Show<Func<bool>>(
            () => buffer.Explain(Importer, link.Request("xgmi")).Succeeded,
            () => first.Attach("xgmi"),
            static matches => Assert.True(matches(), "the private link was not recognised"));
    }

    [Fact]
    public void D_2_offers_are_asked_for_without_the_lock()
        => DefectProof.Show<FakeExporter>(
            new FakeExporter(OfferSource.Computed(buffer => buffer.Reservation.IsLocked
                ? OfferAnswer.Refuse(Errno.EIO, "the reservation lock is held")
                : MappingOfferList.Create(_type.Offer()))),
            new LockAssertingExporter(_type.Offer()),
            exporter =>
            {
                using DmaBuffer buffer = Export(exporter);
                bool attached = buffer.TryAttach(Importer, [_type.Request()], out Attachment? attachment, out _);
                attachment?.Dispose();
                Assert.True(attached, "the lock's state on entry was not what the exporter had been promised");
            });

    [Fact]
    public void D_4_a_callback_before_Attach_has_returned_finds_its_attachment()
        => DefectProof.Show<DynamicImporter>(
            new FakeDynamicImporter
            {
                Action = static (Attachment attachment, InvalidateReason _, in ReservationLock held) => ((FakeAttachment)attachment).MapFakeLocked(in held).Dispose(),
            },
            new ForgetfulImporter(),
            importer =>
            {
                DmaBufferRegistry registry = new();
                using DmaBuffer buffer = DmaBuffer.Export(new FakeExporter(_type.Offer()), 1, new DmaBufferExportOptions { Registry = registry });
                using FakeAttachment attachment = buffer.Attach(importer, _type.Request());
                using (ReservationLock held = buffer.Reservation.Lock())
                {
                    buffer.Invalidate(in held);
                }

                Assert.Equal(0, registry.ProblemCount);
                Assert.Equal(1, attachment.Unmaps);
            });

    [Fact]
    public void D_6_a_dynamic_attach_without_an_importer_is_the_static_attach()
    {
        using DmaBuffer buffer = Export(ScatterGatherMappingType.Offer(new NoTableOperations()));
        string Attach(Func<ScatterGatherAttachment> attach)
        {
            using ScatterGatherAttachment attachment = attach();
            return $"{attachment.Importer.Name}, dynamic {attachment.IsDynamic}, peers {attachment.ImporterAcceptsPeerToPeer}";
        }

        DirectDevice device = new();
        DefectProof.Show<(Func<string> Static, Func<string> Dynamic)>(
            (() => Attach(() => buffer.AttachScatterGather(device)), () => Attach(() => buffer.AttachScatterGatherDynamic(device, null))),
            (() => FirstPostedWrappers.StaticAttach(device), () => FirstPostedWrappers.DynamicAttach(device, null)),
            static wrappers =>
            {
                string? dynamic = null;
                Assert.Null(Record.Exception(() => dynamic = wrappers.Dynamic()));
                Assert.Equal(wrappers.Static(), dynamic);
            });
    }

    [Fact]
    public void D_11_and_D_23_a_revoked_or_unpinnable_buffer_is_never_reported_as_mapped()
    {
        FakePinningExporter exporter = new(_type.Offer()) { FailPin = new DmaBufException(Errno.EBUSY, "pinned elsewhere") };
        using DmaBuffer buffer = Export(exporter);
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        DefectProof.Show<Action>(
            () => attachment.MapFake(),
            static () => { },
            static map => AssertErrno(Errno.EBUSY, map));
        Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero));
        DefectProof.Show<Action>(
            () => attachment.MapFake(),
            static () => { },
            static map => AssertErrno(Errno.ENODEV, map));
    }

    [Fact]
    public void D_16_an_unknown_value_is_EINVAL()
        => DefectProof.Show<Action<int>>(
            static value => ScatterGatherMappingType.OfferPeerToPeer(new NoTableOperations(), (PeerToPeerRequirement)value, null),
            static value => _ = (PeerToPeerRequirement)value,
            static offer =>
            {
                offer((int)PeerToPeerRequirement.None);
                AssertErrno(Errno.EINVAL, () => offer(2));
                AssertErrno(Errno.EINVAL, () => offer(-1));
            });

    [Fact]
    public void D_17_physical_addresses_need_a_live_permission()
    {
        PhysicalAddressAccess revoked = PhysicalAddressAccess.Grant("test");
        revoked.Revoke();
        DefectProof.Show<Action<PhysicalAddressAccess?>>(
            static access => PhysicalAddressListMappingType.Request(access),
            static _ => { },
            request =>
            {
                AssertErrno(Errno.EPERM, () => request(null));
                AssertErrno(Errno.EPERM, () => request(revoked));
            });
    }

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
            (() => Said(_type.Request()), () => Said(stranger.Request())),
            (static () => (Errno.EINVAL, null), static () => (Errno.EINVAL, null)),
            static answers =>
            {
                Assert.Equal((Errno.EINVAL, Errno.EINVAL), (answers.Declined().Item1, answers.Strange().Item1));
                Assert.NotEqual(answers.Declined(), answers.Strange());
            });
    }

    [Fact]
    public void D_21_a_close_after_a_revoke_drops_no_reference_again()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        FirstPostedAttach first = new();
        DefectProof.Show<(Action Revoke, Action Close, Func<int> References)>(
            (() => Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero)), () => Refusal.Ended(buffer.CloseAsync(TimeSpan.Zero)), () => buffer.ReferenceCount),
            (first.RevokeDropsTheInitialReference, first.CloseDropsTheInitialReference, () => first.References),
            static life =>
            {
                life.Revoke();
                int once = life.References();
                life.Close();
                Assert.Equal(once, life.References());
            });
    }

    [Fact]
    public void D_22_a_revoke_waits_without_the_lock_that_unmap_needs()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(new FakeDynamicImporter(), _type.Request());
        using FakeMapping mapping = attachment.MapFake();
        Reservation heldForEver = new();
        DefectProof.Show<(Action BeginToWait, Reservation Lock)>(
            (() => Assert.False(buffer.RevokeAsync(Timeout.InfiniteTimeSpan).AsTask().IsCompleted), buffer.Reservation),
            (() => WaitWithTheLock(heldForEver), heldForEver),
            static revoke =>
            {
                revoke.BeginToWait();
                Assert.False(revoke.Lock.IsLocked, "unmap can never get the lock");
            });
    }

    [Fact]
    public void D_26_a_detach_with_a_live_mapping_is_refused()
    {
        using DmaBuffer buffer = Export(_type.Offer());
        using FakeAttachment attachment = buffer.Attach(Importer, _type.Request());
        using FakeMapping mapping = attachment.MapFake();
        FirstPostedAttach first = new() { Mappings = 1 };
        Assert.True(first.Attach("device"));
        DefectProof.Show<(Action Detach, Func<bool> IsAttached)>(
            (attachment.Detach, () => attachment.Phase == AttachmentPhase.Listed),
            (() => first.Detach(), () => first.IsAttached),
            static one =>
            {
                AssertErrno(Errno.EBUSY, one.Detach);
                Assert.True(one.IsAttached());
            });
    }

    [Fact]
    public void D_27_attaching_no_device_is_EINVAL()
    {
        using DmaBuffer buffer = Export(ScatterGatherMappingType.Offer(new NoTableOperations()));
        DefectProof.Show<Action>(
            () => buffer.AttachScatterGather(null), static () => FirstPostedWrappers.StaticAttach(null), static attach => AssertErrno(Errno.EINVAL, attach));
        DefectProof.Show<Action>(
            () => buffer.AttachScatterGatherDynamic(null, new FakeDynamicImporter()),
            static () => FirstPostedWrappers.DynamicAttach(null, new FakeDynamicImporter()),
            static attach => AssertErrno(Errno.EINVAL, attach));
        Assert.Equal(0, buffer.AttachmentCount);
    }

    [Fact]
    public void D_28_the_third_part_of_match_fail_notices_a_matcher_that_is_blind_for_types()
    {
        static Errno BlindMatcher(MappingOfferList offers, MappingRequestList requests)
            => offers.Count > 0 && requests.Count > 0 ? Errno.None : Errno.EINVAL;

        FakeType other = new("B");
        DefectProof.Show<MappingRequestList>(
            [_type.Request()],
            [],
            requests => Assert.NotEqual(Errno.EINVAL, BlindMatcher([other.Offer()], requests)));
    }

    [Fact]
    public void D_29_a_read_only_agreement_cannot_be_written_through()
    {
        byte[] bytes = new byte[16];
        using DmaBuffer buffer = Export(new ArrayExporter(bytes), (ulong)bytes.Length);
        using CpuAttachment attachment = buffer.Attach(Importer, CpuMappingType.Request(CpuAccess.Read));
        using CpuMapping mapping = attachment.MapCpu();
        void Write()
        {
            using CpuWriteLease lease = mapping.Write();
            lease.Span[0] = 1;
        }

        DefectProof.Show<Action>(Write, () => bytes[1] = 1, static write => AssertErrno(Errno.EPERM, write));
        Assert.Equal(0, bytes[0]);
    }

    [Fact]
    public void D_30_an_attach_that_fails_later_gives_the_exporters_power_reference_back()
    {
        int power = 0;
        FakeExporter exporter = new(_type.Offer())
        {
            Attaching = attachment =>
            {
                power++;
                Refusal.Ended(attachment.Buffer.RevokeAsync(TimeSpan.Zero));
            },
            Detaching = _ => power--,
        };
        using DmaBuffer buffer = Export(exporter);
        FirstPostedAttach first = new() { ExporterAttach = () => power++, LaterPart = static () => -(int)Errno.ENODEV };
        DefectProof.Show<Func<bool>>(
            () => buffer.TryAttach(Importer, [_type.Request()], out _, out _),
            () => first.Attach("device"),
            attach =>
            {
                Assert.False(attach());
                Assert.Equal(0, power);
            });
    }

    /// <summary>The early version's wait: on a thread of its own that never leaves the lock.</summary>
    private static void WaitWithTheLock(Reservation reservation)
    {
        Thread waiting = new(() => _ = reservation.Lock());
        waiting.Start();
        waiting.Join();
    }

    private static void AssertErrno(Errno errno, Action call)
    {
        Exception? thrown = Record.Exception(call);
        Assert.Equal(errno, (thrown as DmaBufException)?.Errno);
    }
}
