namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>The two heaps: sizes, layout, exhaustion, and that nobody sees what an earlier buffer held.</summary>
public sealed class HeapTests
{
    private readonly DriverBench _bench = new();

    [Fact]
    public void A_length_is_rounded_up_to_pages_and_none_is_EINVAL()
    {
        SystemHeap heap = new(_bench.Machine);
        using (DmaBuffer buffer = heap.Allocate(4097, _bench.Options))
        {
            Assert.Equal(8192UL, buffer.Size);
        }

        Expect.Fails(Errno.EINVAL, () => heap.Allocate(0, _bench.Options));
        Expect.Fails(Errno.ENOMEM, () => heap.Allocate(ulong.MaxValue, _bench.Options));
        Expect.Fails(Errno.ENOMEM, () => heap.Allocate(1UL << 41, _bench.Options));
        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void The_system_heap_takes_large_chunks_first_and_the_contiguous_one_a_single_run()
    {
        const ulong Length = (1 << 20) + (2 << 16) + 4096;
        DmaEngineDevice engine = _bench.Engine(SampleMachine.DirectEngine);
        using (ContiguousHeap heap = new(_bench.Machine, 4 << 20))
        using (DmaBuffer scattered = new SystemHeap(_bench.Machine).Allocate(Length, _bench.Options))
        using (DmaBuffer run = heap.Allocate(Length, _bench.Options))
        {
            Assert.Equal([1 << 20, 1 << 16, 1 << 16, 4096UL], LengthsOf(scattered));
            Assert.Equal([Length], LengthsOf(run));

            ulong[] LengthsOf(DmaBuffer buffer)
            {
                using ScatterGatherAttachment attachment = buffer.AttachScatterGather(engine);
                using ScatterGatherMapping mapping = attachment.MapScatterGather(DmaDirection.ToDevice);
                return Array.ConvertAll(DriverBench.RangesOf(mapping), static range => range.Length);
            }
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_contiguous_heap_can_be_too_fragmented_and_never_shows_old_bytes()
    {
        using (ContiguousHeap heap = new(_bench.Machine, 4 * 4096))
        {
            DmaBuffer[] buffers = [.. Enumerable.Range(0, 4).Select(_ => heap.Allocate(4096, _bench.Options))];
            ((MachineExporter)buffers[1].Exporter).Write(0, [1, 2, 3]);
            Expect.Fails(Errno.ENOMEM, () => heap.Allocate(4096, _bench.Options));
            buffers[1].Dispose();
            buffers[3].Dispose();
            Assert.Equal(2UL * 4096, heap.AllocatedBytes);
            Expect.Fails(Errno.ENOMEM, () => heap.Allocate(8192, _bench.Options));
            using (DmaBuffer again = heap.Allocate(4096, _bench.Options))
            {
                Assert.Equal(new byte[4096], DriverBench.BytesOf(again));
            }

            buffers[0].Dispose();
            using (DmaBuffer joined = heap.Allocate(8192, _bench.Options))
            {
                Assert.Equal(8192UL, joined.Size);
            }

            heap.Dispose();
            Assert.Throws<ObjectDisposedException>(() => heap.Allocate(4096, _bench.Options));
            Assert.Equal(4UL * 4096, _bench.Machine.Ram.AllocatedBytes);
            buffers[2].Dispose();
        }

        _bench.ExpectNothingLeft();
    }

    [Theory]
    [InlineData(0UL, 4096UL)]
    [InlineData(4095UL, 4096UL)]
    [InlineData(4096UL, 12288UL)]
    public void An_area_refuses_lengths_and_alignments_that_make_no_sense(ulong length, ulong alignment)
        => Expect.Fails(Errno.EINVAL, () => new MemoryArea("area", new PhysicalRange(new PhysicalAddress(0x1_0000), 0x1_0000)).Allocate(length, alignment));

    [Fact]
    public void An_area_takes_each_run_back_once_and_whole()
    {
        MemoryArea area = new("area", new PhysicalRange(new PhysicalAddress(0x1_1000), 0x2_0000));
        PhysicalRange run = area.Allocate(0x2000, 0x1_0000);
        Assert.Equal(0x2_0000UL, run.Start.Value);
        Expect.Fails(Errno.ENOMEM, () => area.Allocate(0x2000, 0x1_0000));
        Expect.Fails(Errno.EINVAL, () => area.Free(run with { Length = 0x1000 }));
        area.Free(run);
        Expect.Fails(Errno.EINVAL, () => area.Free(run));
        Assert.Equal(0UL, area.AllocatedBytes);
    }
}
