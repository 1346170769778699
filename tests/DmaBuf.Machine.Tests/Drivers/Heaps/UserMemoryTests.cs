namespace DmaBuf.Machine.Tests.Drivers;

/// <summary>Buffers over a program's files: parts in any order, the rules of seals, and pages that stay.</summary>
public sealed class UserMemoryTests
{
    private readonly DriverBench _bench = new();

    [Fact]
    public void Two_buffers_over_the_same_pages_share_their_bytes()
    {
        using (RamFile file = Sealed(8))
        using (DmaBuffer whole = UserMemoryExporter.Export(_bench.Machine, [new RamFilePart(file, 0, 8 * 4096)], _bench.Options))
        using (DmaBuffer turned = UserMemoryExporter.Export(
            _bench.Machine, [new RamFilePart(file, 4096 * 4, 4096), new RamFilePart(file, 0, 4096), new RamFilePart(file, 0, 4096)], _bench.Options))
        {
            using StaticDmaImporter writer = new(_bench.Engine(SampleMachine.IommuEngine), turned);
            writer.Write(0, _bench.Contents.AsSpan(0, 4096));
            writer.Write(8192, _bench.Contents.AsSpan(4096, 4096));
            byte[] seen = DriverBench.BytesOf(whole);
            Assert.Equal(_bench.Contents[..4096], seen[(4 * 4096)..(5 * 4096)]);
            Assert.Equal(_bench.Contents[4096..8192], seen[..4096]);

            // The same page came twice.
            Assert.Equal(DriverBench.BytesOf(turned)[4096..8192], DriverBench.BytesOf(turned)[8192..]);
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void Pages_outlive_their_closed_file_until_the_buffer_goes()
    {
        RamFile file = Sealed(2);
        using (DmaBuffer buffer = UserMemoryExporter.Export(_bench.Machine, [new RamFilePart(file, 4096, 4096)], _bench.Options))
        {
            file.Dispose();
            file.Dispose();
            Assert.Equal(2UL * 4096, _bench.Machine.Ram.AllocatedBytes);
            Assert.Throws<ObjectDisposedException>(() => UserMemoryExporter.Export(_bench.Machine, [new RamFilePart(file, 0, 4096)], _bench.Options));
        }

        _bench.ExpectNothingLeft();
    }

    [Theory]
    [InlineData(RamFileSeals.None)]
    [InlineData(RamFileSeals.Write)]
    [InlineData(RamFileSeals.Shrink | RamFileSeals.Write)]
    public void A_file_that_could_shrink_or_must_not_be_written_is_EINVAL(RamFileSeals seals)
    {
        using (RamFile file = new(_bench.Machine, 4096))
        {
            file.AddSeals(seals);
            Expect.Fails(Errno.EINVAL, () => UserMemoryExporter.Export(_bench.Machine, [new RamFilePart(file, 0, 4096)], _bench.Options));
        }

        _bench.ExpectNothingLeft();
    }

    [Theory]
    [InlineData(0UL, 0UL)]
    [InlineData(1UL, 4096UL)]
    [InlineData(0UL, 4097UL)]
    [InlineData(8192UL, 4096UL)]
    [InlineData(4096UL, 8192UL)]
    [InlineData(4096UL, 0xFFFF_FFFF_FFFF_F000UL)]
    public void A_part_outside_or_across_pages_is_EINVAL_and_holds_nothing(ulong offset, ulong length)
    {
        using (RamFile file = Sealed(2))
        {
            RamFilePart good = new(file, 0, 4096);
            Expect.Fails(Errno.EINVAL, () => UserMemoryExporter.Export(_bench.Machine, [good, new RamFilePart(file, offset, length)], _bench.Options));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void The_limits_of_parts_and_bytes_hold()
    {
        using (RamFile file = Sealed(1))
        using (RamFile large = Sealed((int)(UserMemoryExporter.MaximumSize / 4096) + 1))
        {
            RamFilePart page = new(file, 0, 4096);
            Expect.Fails(Errno.EINVAL, () => UserMemoryExporter.Export(_bench.Machine, [], _bench.Options));
            Expect.Fails(Errno.EINVAL, () => UserMemoryExporter.Export(_bench.Machine, [.. Enumerable.Repeat(page, UserMemoryExporter.MaximumParts + 1)], _bench.Options));
            Expect.Fails(Errno.EINVAL, () => UserMemoryExporter.Export(_bench.Machine, [new RamFilePart(large, 0, large.Length)], _bench.Options));
            Expect.Fails(Errno.EINVAL, () => UserMemoryExporter.Export(_bench.Machine, [new RamFilePart(large, 0, large.Length - 4096), page], _bench.Options));
            using DmaBuffer most = UserMemoryExporter.Export(_bench.Machine, [.. Enumerable.Repeat(page, UserMemoryExporter.MaximumParts)], _bench.Options);
            Assert.Equal(UserMemoryExporter.MaximumParts * 4096UL, most.Size);
            Expect.Fails(Errno.EINVAL, () => UserMemoryExporter.Export(SoftwareMachine.CreateSample(), [page], _bench.Options));
        }

        _bench.ExpectNothingLeft();
    }

    [Fact]
    public void A_file_shrinks_until_it_is_sealed()
    {
        using (RamFile file = new(_bench.Machine, 4 * 4096))
        {
            file.Shrink(2 * 4096);
            Assert.Equal((2UL * 4096, 2UL * 4096), (file.Length, _bench.Machine.Ram.AllocatedBytes));
            Expect.Fails(Errno.EINVAL, () => file.Shrink(0));
            Expect.Fails(Errno.EINVAL, () => file.Shrink(3 * 4096));
            file.AddSeals(RamFileSeals.Shrink | RamFileSeals.Seal);
            Expect.Fails(Errno.EPERM, () => file.Shrink(4096));
            Expect.Fails(Errno.EPERM, () => file.AddSeals(RamFileSeals.Write));
            Assert.Equal(RamFileSeals.Shrink | RamFileSeals.Seal, file.Seals);
        }

        _bench.ExpectNothingLeft();
    }

    private RamFile Sealed(int pages)
    {
        RamFile file = new(_bench.Machine, (ulong)pages * 4096);
        file.AddSeals(RamFileSeals.Shrink);
        return file;
    }
}
