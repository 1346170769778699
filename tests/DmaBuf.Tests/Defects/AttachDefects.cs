using DmaBuf.Tests.Conformance;
using DmaBuf.Tests.Defects.Mutants;
using DmaBuf.Tests.Fakes;
using DmaBuf.Tests.Mappings.PeerToPeer;

namespace DmaBuf.Tests.Defects;

/// <summary>Defects of spec 9 around attach: missing arguments, who knows of the attachment when, and what a failure leaves.</summary>
public sealed class AttachDefects : BufferFixture
{
    private readonly FakeType _type = new();

    [Fact]
    public void D_4_a_callback_before_Attach_has_returned_finds_its_attachment()
        => DefectProof.Show<DynamicImporter>(
            "the callback works on an attachment that was not stored yet",
            new FakeDynamicImporter
            {
                Action = static (Attachment attachment, InvalidateReason _, in ReservationLock held) => ((FakeAttachment)attachment).MapFakeLocked(in held).Dispose(),
            },
            new ForgetfulImporter(),
            (importer, defect) =>
            {
                DmaBufferRegistry registry = new();
                using (DmaBuffer buffer = DmaBuffer.Export(new FakeExporter(_type.Offer()), 1, new DmaBufferExportOptions { Registry = registry }))
                {
                    using FakeAttachment attachment = buffer.Attach(importer, _type.Request());
                    using (ReservationLock held = buffer.Reservation.Lock())
                    {
                        buffer.Invalidate(in held);
                    }

                    defect.AbsentIf(!registry.Problems.Any(static problem => problem.Description.StartsWith(nameof(NullReferenceException), StringComparison.Ordinal)));
                    Assert.Equal(1, attachment.Unmaps);
                }

                Assert.Equal((0, 0), (registry.Count, registry.ProblemCount));
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
            "a flag is read from operations that are not there",
            (() => Attach(() => buffer.AttachScatterGather(device)), () => Attach(() => buffer.AttachScatterGatherDynamic(device, null))),
            (() => FirstPostedWrappers.StaticAttach(device), () => FirstPostedWrappers.DynamicAttach(device, null)),
            static (wrappers, defect) =>
            {
                string? dynamic = null;
                string fixedOne = wrappers.Static();
                Exception? ended = Record.Exception(() => dynamic = wrappers.Dynamic());
                defect.AbsentIf(ended is not NullReferenceException);
                Assert.Null(ended);
                Assert.Equal(fixedOne, dynamic);
            });
    }

    [Fact]
    public void D_27_attaching_no_device_is_EINVAL()
    {
        using DmaBuffer buffer = Export(ScatterGatherMappingType.Offer(new NoTableOperations()));
        DirectDevice device = new();
        Proof(attached => buffer.AttachScatterGather(attached).Dispose(), static attached => FirstPostedWrappers.StaticAttach(attached));
        Proof(
            attached => buffer.AttachScatterGatherDynamic(attached, new FakeDynamicImporter()).Dispose(),
            static attached => FirstPostedWrappers.DynamicAttach(attached, new FakeDynamicImporter()));
        Assert.Equal(0, buffer.AttachmentCount);

        void Proof(Action<IDmaDevice?> ours, Action<IDmaDevice?> mutant) => DefectProof.Show(
            "it was attached",
            ours,
            mutant,
            (attach, defect) =>
            {
                attach(device);
                Exception? ended = Record.Exception(() => attach(null));
                defect.AbsentIf(ended is not null);
                Assert.Equal(Errno.EINVAL, Assert.IsType<DmaBufException>(ended).Errno);
            });
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
            "the power reference is still held",
            () => buffer.TryAttach(Importer, [_type.Request()], out _, out _),
            () => first.Attach("device"),
            (attach, defect) =>
            {
                Assert.False(attach());
                defect.AbsentIf(power == 0, power);
            });
    }
}
