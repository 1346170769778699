using DmaBuf.Tests.Defects;

namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>Defects of spec 9 that belong to the drivers: each body holds for ours and finds the defect in a model of the first posted version.</summary>
public sealed class DriverDefects
{
    private readonly DriverBench _bench = new();

    [Fact]
    public void D_1_a_match_over_the_link_gives_an_attachment_and_not_the_number_one()
    {
        GpuLinkPort importer = _bench.Link.Connect();
        using (DmaBuffer buffer = _bench.Graphics(gpu: _bench.LinkedGpu))
        {
            OverwrittenLinkMatch first = new(_bench.LinkedGpu.Port!) { ImporterIsSetEarly = true };
            DefectProof.Show<Func<object>>(
                "the caller was given a number for an attachment",
                () => buffer.Attach(new LettingGo(), GpuLinkMappingType.Request(importer)),
                () => first.Attach(importer),
                static (attach, defect) =>
                {
                    object attachment = attach();
                    defect.AbsentIf(attachment is not int, attachment);
                    GpuLinkAttachment attached = Assert.IsType<GpuLinkAttachment>(attachment);
                    attached.MapGpuLink().Dispose();
                    attached.Detach();
                });
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void D_1b_the_link_is_found_during_the_match_because_it_travels_in_the_request()
    {
        GpuLinkPort importer = _bench.Link.Connect();
        using (DmaBuffer buffer = _bench.Graphics(gpu: _bench.LinkedGpu))
        {
            OverwrittenLinkMatch first = new(_bench.LinkedGpu.Port!);
            DefectProof.Show<Func<bool>>(
                "two GPUs on one link were not seen to be so",
                () =>
                {
                    using Attachment attachment = buffer.Attach(new LettingGo(), GpuLinkMappingType.Request(importer));
                    return attachment is GpuLinkAttachment;
                },
                () => first.Attach(importer) is not "attached without peers",
                static (overLink, defect) => defect.AbsentIf(overLink()));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void D_6_a_dynamic_attach_to_a_GPU_without_an_importer_is_the_static_one()
    {
        DmaEngineDevice engine = _bench.Engine(SampleMachine.PeerEngine);
        using (DmaBuffer buffer = _bench.Graphics())
        {
            DefectProof.Show<Func<DynamicImporter?, (bool Dynamic, bool Peers)>>(
                "the flag was read through operations that are not there",
                importer =>
                {
                    using ScatterGatherAttachment attachment = buffer.AttachScatterGatherDynamic(engine, importer, PeerToPeerAcceptance.Accepted);
                    return (attachment.IsDynamic, attachment.PeerToPeerAllowed);
                },
                static importer => (importer!.Name.Length > 0, true),
                static (attach, defect) =>
                {
                    Assert.Equal((true, true), attach(new LettingGo()));
                    (bool Dynamic, bool Peers) alone = (true, true);
                    Exception? ended = Record.Exception(() => alone = attach(null));
                    defect.AbsentIf(ended is null, ended);
                    Assert.Equal((false, false), alone);
                });
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void D_7_a_buffer_that_may_not_migrate_offers_nothing_that_an_earlier_attach_left()
    {
        MappingOffer[] stack = new MappingOffer[2];
        PciFunction gpu = _bench.Machine.GetPciFunction(SampleMachine.Gpu);
        DefectProof.Show<Func<bool, DmaBuffer>>(
            "an element that was not filled for this attach was examined",
            mayMigrate => _bench.Graphics(new GraphicsBufferOptions { MayMigrate = mayMigrate }),
            mayMigrate => DmaBuffer.Export(new CapacityExporter(gpu, stack, mayMigrate), 4096, _bench.Options),
            (export, defect) =>
            {
                MappingRequest request = ScatterGatherMappingType.Request(_bench.Engine(SampleMachine.PlatformEngine));
                using (DmaBuffer movable = export(true))
                {
                    using Attachment attachment = movable.Attach(new LettingGo(), request);
                    Assert.Equal(1, attachment.OfferIndex);
                }

                using DmaBuffer fixedOne = export(false);
                bool attached = fixedOne.TryAttach(new LettingGo(), [request], out Attachment? wrong, out Negotiation? failure);
                wrong?.Dispose();
                defect.AbsentIf(!attached);
                Assert.Equal(Errno.EINVAL, failure!.Errno);
                Assert.Single(failure.Pairs);
            });
        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void D_30_an_attach_that_fails_leaves_the_GPUs_power_as_it_was()
    {
        PowerKeepingExporter keeping = new();
        using (DmaBuffer buffer = _bench.Graphics())
        using (DmaBuffer mutant = DmaBuffer.Export(keeping, 4096, _bench.Options))
        {
            _bench.Gpu.DeclareWedged();
            DefectProof.Show<(DmaBuffer Buffer, Func<int> Power)>(
                "the power reference is still held",
                (buffer, () => _bench.Gpu.PowerReferences),
                (mutant, () => keeping.Power),
                (subject, defect) =>
                {
                    Expect.Fails(Errno.ENODEV, () => subject.Buffer.AttachScatterGather(_bench.Engine(SampleMachine.PlatformEngine)));
                    defect.AbsentIf(subject.Power() == 0, subject.Power());
                });
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void An_attachment_of_another_device_is_not_taken_for_a_duplicate()
    {
        DmaEngineDevice first = _bench.Engine(SampleMachine.IommuEngine);
        DmaEngineDevice other = _bench.Engine(SampleMachine.DirectEngine);
        SampleBufferImporter importer = new();
        Dictionary<DmaBuffer, ScatterGatherAttachment> byBufferAlone = [];
        using (DmaBuffer buffer = new SystemHeap(_bench.Machine).Allocate(4096, _bench.Options))
        {
            DefectProof.Show<Func<DmaEngineDevice, ScatterGatherAttachment>>(
                "the attachment of another device was found",
                device => importer.Attach(buffer, device),
                device => byBufferAlone.TryGetValue(buffer, out ScatterGatherAttachment? found) ? found : byBufferAlone[buffer] = buffer.AttachScatterGather(device),
                (attach, defect) =>
                {
                    Assert.Same(first, attach(first).Device);
                    ScatterGatherAttachment second = attach(other);
                    defect.AbsentIf(ReferenceEquals(second.Device, other), second.Device.Name);
                });
            importer.Detach(buffer, first);
            importer.Detach(buffer, other);
            byBufferAlone[buffer].Dispose();
        }

        _bench.ExpectNothingLeft();
    }
}
