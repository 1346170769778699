using DmaBuf.Tests.Fakes;

namespace DmaBuf.Tests.Mappings.Descriptor;

/// <summary>A kernel's import runs inside attach: its errno fails the attach, it lives until detach, and a revoke knows of it.</summary>
public sealed class DescriptorImportTests : BufferFixture
{
    private static readonly DescriptorFacts s_facts = new() { Kind = DescriptorKind.DmaBuf, Memory = DescriptorMemory.Ram, ExporterName = "system" };

    private readonly CountingHandle _handle = new(5);
    private readonly FakeExporter _exporter;

    public DescriptorImportTests() => _exporter = new FakeExporter(DescriptorMappingType.Offer(new HandleOperations(_handle), s_facts));

    [Fact]
    public void It_runs_after_the_exporter_agreed_and_before_the_attachment_is_listed()
    {
        FakeImport import = new()
        {
            Importing = (attachment, descriptor) =>
            {
                Assert.Equal((AttachmentPhase.Matched, 0), (attachment.Phase, attachment.Buffer.AttachmentCount));
                Assert.Same(_handle, descriptor);
                _exporter.Trace.Add("import");
            },
        };
        using DmaBuffer buffer = Export(_exporter);
        DescriptorAttachment attachment = buffer.Attach(Importer, DescriptorMappingType.RequestImport(null, import));
        Assert.Equal(["attach", "import"], _exporter.Trace);
        Assert.Equal((AttachmentPhase.Listed, 1, 1, MappingCost.Unknown), (attachment.Phase, attachment.LiveMappings, buffer.MappingCount, attachment.Import!.Cost));
        attachment.Detach();
        Assert.Equal((1, 1, 1, 0), (import.Imports, import.Undone, _handle.Releases, buffer.MappingCount));
    }

    [Fact]
    public void Its_errno_is_the_errno_of_the_attach_and_nothing_is_left()
    {
        FakeImport import = new() { Importing = (_, _) => throw new DmaBufException(Errno.EFAULT, "The pages are not contiguous.") };
        using DmaBuffer buffer = Export(_exporter);
        DmaBufException refused = Refusal.Expect(Errno.EFAULT, () => buffer.Attach(Importer, DescriptorMappingType.RequestImport(null, import)));
        Assert.Contains("not contiguous", refused.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0, 1), (buffer.AttachmentCount, import.Undone, _handle.Releases));
        Assert.Equal(["attach", "detach"], _exporter.Trace);
    }

    [Fact]
    public void A_refused_import_is_a_value_for_who_only_tries()
    {
        FakeImport import = new() { Importing = (_, _) => throw new DmaBufException(Errno.EFAULT, "The pages are not contiguous.") };
        using DmaBuffer buffer = Export(_exporter);
        Assert.False(buffer.TryAttach(Importer, DescriptorMappingType.RequestImport(null, import), out _, out global::DmaBuf.Negotiation? failure));
        Assert.Equal((Errno.EFAULT, 1), (failure.Errno, _handle.Releases));
    }

    [Fact]
    public void An_import_that_returns_nothing_is_EINVAL()
    {
        using DmaBuffer buffer = Export(_exporter);
        Refusal.Expect(Errno.EINVAL, () => buffer.Attach(Importer, DescriptorMappingType.RequestImport(null, new FakeImport { ReturnsNothing = true })));
        Assert.Equal(1, _handle.Releases);
    }

    [Fact]
    public void A_revoke_during_the_import_fails_the_attach_and_undoes_it()
    {
        FakeImport import = new() { Importing = (attachment, _) => Refusal.Ended(attachment.Buffer.RevokeAsync(TimeSpan.Zero)) };
        using DmaBuffer buffer = Export(_exporter);
        Refusal.Expect(Errno.ENODEV, () => buffer.Attach(Importer, DescriptorMappingType.RequestImport(null, import)));
        Assert.Equal((1, 1, 1), (import.Imports, import.Undone, _handle.Releases));
    }

    [Fact]
    public void A_pin_that_fails_undoes_the_import()
    {
        FakeImport import = new();
        FakePinningExporter exporter = new(DescriptorMappingType.Offer(new HandleOperations(_handle), s_facts)) { FailPin = new DmaBufException(Errno.ENOMEM, "No room.") };
        using DmaBuffer buffer = Export(exporter);
        Refusal.Expect(Errno.ENOMEM, () => buffer.Attach(Importer, DescriptorMappingType.RequestImport(null, import)));
        Assert.Equal((1, 1, 0, 0), (import.Imports, import.Undone, exporter.Pins, buffer.MappingCount));
    }

    [Fact]
    public void A_static_importers_memory_stays_pinned_until_detach()
    {
        FakePinningExporter exporter = new(DescriptorMappingType.Offer(new HandleOperations(_handle), s_facts));
        using DmaBuffer buffer = Export(exporter);
        using (buffer.Attach(Importer, DescriptorMappingType.RequestImport(null, new FakeImport())))
        {
            Assert.Equal(1, exporter.Pins);
        }

        Assert.Equal(0, exporter.Pins);
    }

    [Fact]
    public void Dispose_lets_go_and_has_nothing_to_report()
    {
        FakeImport import = new();
        using DmaBuffer buffer = Export(_exporter);
        buffer.Attach(Importer, DescriptorMappingType.RequestImport(null, import)).Dispose();
        Assert.Equal((1, 0), (import.Undone, buffer.AttachmentCount));
    }

    [Fact]
    public void Detach_refuses_while_the_descriptor_is_lent()
    {
        FakeImport import = new();
        using DmaBuffer buffer = Export(_exporter);
        DescriptorAttachment attachment = buffer.Attach(Importer, DescriptorMappingType.RequestImport(null, import));
        using (DescriptorLease lease = attachment.Import!.Borrow())
        {
            Refusal.Expect(Errno.EBUSY, attachment.Detach);
            Assert.Same(_handle, lease.Handle);
            Assert.Equal(0, import.Undone);
        }

        attachment.Detach();
        Assert.Equal(1, import.Undone);
    }

    [Fact]
    public void A_revoke_takes_away_what_can_be_taken()
    {
        FakeImport import = new(MappingCost.IommuMap, canTakeAway: true);
        using DmaBuffer buffer = Export(_exporter);
        using DescriptorAttachment attachment = buffer.Attach(Importer, DescriptorMappingType.RequestImport(null, import));
        Assert.Equal(Revocability.Enforced, attachment.Revocability);
        RevokeReport report = Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero));
        Assert.Equal((RevokeOutcome.Forced, 1, false), (report.Outcome, import.Undone, buffer.IsQuarantined));
        Refusal.Expect(Errno.ENODEV, () => attachment.Import!.Borrow().Dispose());
    }

    [Fact]
    public void A_revoke_takes_it_away_under_a_lease_and_closes_the_descriptor_after_it()
    {
        FakeImport import = new(MappingCost.IommuMap, canTakeAway: true);
        using DmaBuffer buffer = Export(_exporter);
        using DescriptorAttachment attachment = buffer.Attach(Importer, DescriptorMappingType.RequestImport(null, import));
        using (attachment.Import!.Borrow())
        {
            Assert.Equal(RevokeOutcome.Forced, Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero)).Outcome);
            Assert.Equal((1, 0), (import.Undone, _handle.Releases));
        }

        attachment.Detach();
        Assert.Equal((1, 1), (import.Undone, _handle.Releases));
    }

    [Fact]
    public void A_revoke_names_an_import_that_nobody_can_take_back()
    {
        FakeImport import = new();
        using DmaBuffer buffer = Export(_exporter);
        DescriptorAttachment attachment = buffer.Attach(Importer, DescriptorMappingType.RequestImport(null, import));
        Assert.Equal(Revocability.None, attachment.Revocability);
        RevokeReport report = Refusal.Ended(buffer.RevokeAsync(TimeSpan.Zero));
        Assert.Equal((RevokeOutcome.Quarantined, "importer", 0), (report.Outcome, Assert.Single(report.Attachments).Importer, import.Undone));
        attachment.Detach();
        Assert.Equal((1, false), (import.Undone, buffer.IsQuarantined));
        ExpectedProblems = 1;
    }

    [Fact]
    public void A_dynamic_importer_that_is_told_lets_go_in_time()
    {
        FakeImport import = new();
        FakeDynamicImporter importer = new() { Action = static (Attachment attachment, InvalidateReason _, in ReservationLock _) => ((DescriptorAttachment)attachment).Import!.Dispose() };
        using DmaBuffer buffer = Export(_exporter);
        using DescriptorAttachment attachment = buffer.Attach(importer, DescriptorMappingType.RequestImport(null, import));
        Assert.Equal(RevokeOutcome.Drained, Refusal.Ended(buffer.RevokeAsync(TimeSpan.FromSeconds(1))).Outcome);
        Assert.Equal(1, import.Undone);
    }

    [Fact]
    public void Its_cost_is_agreed_on_or_declined()
    {
        using DmaBuffer buffer = Export(_exporter);
        using DescriptorAttachment attachment = buffer.Attach(Importer, DescriptorMappingType.RequestImport(null, new FakeImport(MappingCost.IommuMap)));
        Assert.Equal(MappingCost.IommuMap, attachment.CostBound);
        global::DmaBuf.Negotiation strict = buffer.Explain(Importer, DescriptorMappingType.RequestImport(null, new FakeImport(), MappingCost.None));
        Assert.Equal("cost", Assert.Single(strict.Pairs).Decline?.Property);
        Refusal.Expect(Errno.EINVAL, static () => DescriptorMappingType.RequestImport(null, new FakeImport((MappingCost)0x4000)));
        Assert.Throws<ArgumentNullException>(static () => DescriptorMappingType.RequestImport(null, null!));
    }

    [Fact]
    public void The_descriptor_goes_to_the_interface_alone()
    {
        using DmaBuffer buffer = Export(_exporter);
        using DescriptorAttachment attachment = buffer.Attach(Importer, DescriptorMappingType.RequestImport(null, new FakeImport()));
        Refusal.Expect(Errno.EINVAL, () => attachment.MapDescriptor());
    }

    [Fact]
    public void A_static_importer_imports_only_after_the_memory_has_arrived()
    {
        FakeImport import = new();
        using DmaBuffer buffer = Export(_exporter);
        using FenceSource move = Buffers.MapTests.AddFence(buffer, FenceUsage.Kernel);
        Task<DescriptorAttachment> attach = Task.Run(() => buffer.Attach(Importer, DescriptorMappingType.RequestImport(null, import)));
        SpinWait.SpinUntil(() => _exporter.Trace.Count == 1);
        Assert.Equal(0, import.Imports);
        move.TrySignal();
        attach.GetAwaiter().GetResult().Dispose();
        Assert.Equal((1, 1), (import.Imports, import.Undone));
    }
}
