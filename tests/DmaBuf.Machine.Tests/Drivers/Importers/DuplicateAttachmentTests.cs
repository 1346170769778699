namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>Patches 14 and 15: a second attach of the same buffer and device finds the first, and another device's never does.</summary>
public sealed class DuplicateAttachmentTests
{
    private readonly DriverBench _bench = new();

    private DmaEngineDevice First => _bench.Engine(SampleMachine.IommuEngine);

    private DmaEngineDevice Other => _bench.Engine(SampleMachine.DirectEngine);

    [Fact]
    public void Samples_reach_the_buffer_through_the_attachment_of_their_own_device()
    {
        SampleBufferImporter importer = new();
        using (DmaBuffer buffer = new SystemHeap(_bench.Machine).Allocate(DriverBench.Size, _bench.Options))
        {
            ScatterGatherAttachment first = importer.Attach(buffer, First);
            Assert.Same(first, importer.Attach(buffer, First));
            Expect.Fails(Errno.EPERM, () => importer.Capture(buffer, Other, [1]));
            ScatterGatherAttachment other = importer.Attach(buffer, Other);
            Assert.NotSame(first, other);
            Assert.Equal((First, Other, 2), (first.Device, other.Device, buffer.AttachmentCount));

            importer.Capture(buffer, Other, _bench.Contents);
            Assert.Equal(_bench.Contents, DriverBench.BytesOf(buffer));
            importer.Detach(buffer, First);
            importer.Capture(buffer, First, [9]);
            importer.Detach(buffer, First);
            Expect.Fails(Errno.EPERM, () => importer.Detach(buffer, First));
            Expect.Fails(Errno.EPERM, () => importer.Capture(buffer, First, [1]));
            importer.Detach(buffer, Other);
            Assert.Equal(0, importer.AttachmentCount);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_USB_function_sends_the_buffer_it_attached_and_no_other()
    {
        FunctionEndpointImporter importer = new();
        using (DmaBuffer buffer = new SystemHeap(_bench.Machine).Allocate(DriverBench.Size, _bench.Options))
        using (DmaBuffer stranger = new SystemHeap(_bench.Machine).Allocate(DriverBench.Size, _bench.Options))
        {
            ((MachineExporter)buffer.Exporter).Write(0, _bench.Contents);
            ScatterGatherAttachment attachment = importer.Attach(buffer, First);
            Assert.Same(attachment, importer.Attach(buffer, First));
            byte[] packet = new byte[DriverBench.Size];
            importer.Send(buffer, First, packet);
            Assert.Equal(_bench.Contents, packet);
            Expect.Fails(Errno.EPERM, () => importer.Send(stranger, First, packet));
            Expect.Fails(Errno.EPERM, () => importer.Send(buffer, Other, packet));
            Expect.Fails(Errno.EINVAL, () => importer.Send(buffer, First, new byte[DriverBench.Size + 1]));
            importer.Detach(buffer, First);
            importer.Detach(buffer, First);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_detach_under_a_transfer_is_refused_and_changes_nothing()
    {
        SampleBufferImporter importer = new();
        using (DmaBuffer buffer = new SystemHeap(_bench.Machine).Allocate(DriverBench.Size, _bench.Options))
        {
            ScatterGatherAttachment attachment = importer.Attach(buffer, First);
            using (attachment.MapScatterGather(DmaDirection.FromDevice))
            {
                Expect.Fails(Errno.EBUSY, () => importer.Detach(buffer, First));
            }

            importer.Capture(buffer, First, [1]);
            importer.Detach(buffer, First);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void Threads_that_attach_one_pair_at_once_share_one_attachment()
    {
        SampleBufferImporter importer = new();
        using (DmaBuffer buffer = new SystemHeap(_bench.Machine).Allocate(4096, _bench.Options))
        {
            for (int round = 0; round < 100; round++)
            {
                ScatterGatherAttachment[] attachments = new ScatterGatherAttachment[4];
                Parallel.For(0, 4, index => attachments[index] = importer.Attach(buffer, First));
                Assert.Single(attachments.Distinct());
                Assert.Equal(1, buffer.AttachmentCount);
                Parallel.For(0, 4, _ => importer.Detach(buffer, First));
                Assert.Equal(0, buffer.AttachmentCount);
            }
        }

        _bench.ExpectNothingLeft();
    }
}
