namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>The helper for graphics objects (patch 06), the exporter that refuses everybody (08), and the larger operations of a virtual GPU (07).</summary>
public sealed class GraphicsObjectTests
{
    private readonly DriverBench _bench = new();

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(false, true, true)]
    [InlineData(true, false, true)]
    [InlineData(true, true, true)]
    public void Attach_is_ENOSYS_exactly_if_the_helper_would_have_to_ask_an_object_that_produces_no_table(bool producer, bool ownOperations, bool attaches)
    {
        DmaEngineDevice engine = _bench.Engine(SampleMachine.IommuEngine);
        RamObject shared = producer ? new RamObject.WithTable(_bench.Machine, DriverBench.Size) : new RamObject(_bench.Machine, DriverBench.Size);
        using (DmaBuffer buffer = GraphicsObjectExporter.Export(shared, ownOperations ? new RamObject.Operations(shared) : null, _bench.Options))
        {
            if (!attaches)
            {
                Expect.Fails(Errno.ENOSYS, () => buffer.AttachScatterGather(engine));
            }
            else
            {
                byte[] update = _bench.Contents;
                using (StaticDmaImporter importer = new(engine, buffer))
                {
                    importer.Write(0, update);
                }

                byte[] page = new byte[4096];
                _bench.Machine.Memory.Read(shared.Pages[0].Start, page);
                Assert.Equal(update[..4096], page);
            }

            Assert.Equal(0, buffer.AttachmentCount);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void The_exporter_that_refuses_every_device_says_EOPNOTSUPP_unchanged_and_why()
    {
        using (DmaBuffer buffer = UnshareableExporter.Export(_bench.Machine, DriverBench.Size, _bench.Options))
        {
            DmaEngineDevice engine = _bench.Engine(SampleMachine.DirectEngine);
            Assert.False(buffer.TryAttach(new LettingGo(), [ScatterGatherMappingType.Request(engine)], out _, out Negotiation? failure));
            Assert.Equal(Errno.EOPNOTSUPP, failure.Errno);
            Assert.Contains("hypervisor", failure.ToString(), StringComparison.Ordinal);
            ((MachineExporter)buffer.Exporter).Write(0, _bench.Contents);
            Assert.Equal(_bench.Contents, DriverBench.BytesOf(buffer));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void The_larger_operations_are_found_from_their_own_buffers_alone()
    {
        Guid resource = Guid.NewGuid();
        using (DmaBuffer buffer = VirtualGpuExporter.Export(_bench.Machine, resource, DriverBench.Size, _bench.Options))
        using (DmaBuffer other = new SystemHeap(_bench.Machine).Allocate(4096, _bench.Options))
        {
            Assert.True(VirtualGpuExporter.TryFind(buffer, out VirtualGpuOperations? operations));
            Assert.Equal(resource, operations.Resource);
            Assert.False(VirtualGpuExporter.TryFind(other, out _));
        }

        _bench.ExpectNothingLeft();
    }
}
