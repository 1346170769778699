namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>A physical function that imports what its virtual function exports.</summary>
public sealed class ApertureTests
{
    private static readonly ApertureRange[] s_parts = [new(0x8_0000, 0x1_0000), new(0x1000, 0x1_0000)];

    private readonly DriverBench _bench = new();

    private PartitionedGpu Gpu => _bench.Partitioned;

    private PciBar Aperture => _bench.Bar("gpu3-vf0");

    [Fact]
    public void The_physical_function_finds_the_bytes_by_its_own_addresses()
    {
        using (DmaBuffer buffer = Export())
        {
            using ApertureAttachment attachment = buffer.Attach(new LettingGo(), ApertureMappingType.Request(Gpu.PhysicalFunction, Aperture));
            using ApertureMapping mapping = attachment.MapAperture();
            DeviceAddress[] addresses = mapping.Use(ranges => ranges.Select(range => Gpu.Translate(Aperture, range)).ToArray());
            Assert.Equal([new DeviceAddress(0x4008_0000), new DeviceAddress(0x4000_1000)], addresses);
            byte[] seen = new byte[DriverBench.Size];
            Gpu.Read(addresses[0], seen.AsSpan(0, 0x1_0000));
            Gpu.Read(addresses[1], seen.AsSpan(0x1_0000));
            Assert.Equal(_bench.Contents, seen);
            Gpu.Write(addresses[1], [5, 6]);
            Assert.Equal([5, 6], DriverBench.BytesOf(buffer)[0x1_0000..0x1_0002]);

            // What the bus calls it means nothing inside the GPU.
            Expect.Fails(Errno.EFAULT, () => Gpu.Read(new DeviceAddress(Aperture.BusRange.Start.Value), new byte[1]));
            Expect.Fails(Errno.EFAULT, () => Gpu.Read(new DeviceAddress(0x4000_0000 + Aperture.Range.Length - 1), new byte[2]));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void The_aperture_goes_before_the_table_and_another_device_gets_the_table()
    {
        MappingRequest table = ScatterGatherMappingType.Request(_bench.Engine(SampleMachine.IommuEngine), PeerToPeerAcceptance.Accepted);
        using (DmaBuffer buffer = Export())
        {
            using (Attachment parent = buffer.Attach(new LettingGo(), table, ApertureMappingType.Request(Gpu.PhysicalFunction, Aperture)))
            {
                Assert.IsType<ApertureAttachment>(parent);
            }

            using Attachment other = buffer.Attach(new LettingGo(), ApertureMappingType.Request(_bench.Machine.GetPciFunction("gpu2"), Aperture), table);
            Assert.IsType<ScatterGatherAttachment>(other);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void Both_sides_have_to_name_the_same_function_and_the_same_BAR()
    {
        using (DmaBuffer buffer = Export())
        {
            Assert.Equal("physical function", DeclinedBy(ApertureMappingType.Request(_bench.Machine.GetPciFunction("gpu2"), Aperture)));
            Assert.Equal("aperture", DeclinedBy(ApertureMappingType.Request(Gpu.PhysicalFunction, _bench.Bar("gpu2"))));

            string DeclinedBy(MappingRequest request)
                => Assert.Single(buffer.Explain(new LettingGo(), request).Pairs, static pair => pair.Decline is not null).Decline!.Property;
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_static_importer_is_refused_because_the_guest_may_reset_its_function()
    {
        using (DmaBuffer buffer = Export())
        {
            Expect.Fails(Errno.EOPNOTSUPP, () => buffer.Attach(new DmaBufferImporter("static"), ApertureMappingType.Request(Gpu.PhysicalFunction, Aperture)));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void Parts_and_partitions_that_do_not_fit_are_refused()
    {
        Expect.Fails(Errno.EINVAL, () => VirtualFunctionExporter.Export(Gpu, Aperture, []));
        Expect.Fails(Errno.EINVAL, () => VirtualFunctionExporter.Export(Gpu, Aperture, [new ApertureRange(0, 4095)]));
        Expect.Fails(Errno.EINVAL, () => VirtualFunctionExporter.Export(Gpu, Aperture, [new ApertureRange(Aperture.Range.Length, 4096)]));
        Expect.Fails(Errno.ENOENT, () => VirtualFunctionExporter.Export(Gpu, _bench.Bar("gpu2"), [new ApertureRange(0, 4096)]));
        Expect.Fails(Errno.EEXIST, () => Gpu.Provision(_bench.Bar("gpu3-vf1"), new DeviceAddress(0x4000_1000)));
        Expect.Fails(Errno.EINVAL, () => Gpu.Provision(_bench.Bar("gpu3-vf1"), new DeviceAddress(1)));
        Expect.Fails(Errno.EINVAL, () => Gpu.Provision(_bench.Bar("gpu2"), new DeviceAddress(0)));
        Expect.Fails(Errno.ENOENT, () => Gpu.Translate(_bench.Bar("gpu2"), new ApertureRange(0, 1)));
        Expect.Fails(Errno.EINVAL, () => Gpu.Translate(Aperture, new ApertureRange(Aperture.Range.Length, 1)));
        _bench.ExpectNothingLeft();
    }

    private DmaBuffer Export()
    {
        DmaBuffer buffer = VirtualFunctionExporter.Export(Gpu, Aperture, s_parts, _bench.Options);
        ((MachineExporter)buffer.Exporter).Write(0, _bench.Contents);
        return buffer;
    }
}
