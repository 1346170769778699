using System.Buffers.Binary;

namespace DmaBuf.Machine.Tests;

/// <summary>The call that makes a buffer in its form of bytes (spec 7.1): flags, sizes, and what is announced but is not there, in the kernel's order.</summary>
public sealed class VfioFeatureCallTests : IDisposable
{
    private const ulong Page = VfioBench.Page;
    private const int Header = 24;
    private const VfioFeatureOperations Get = VfioFeatureOperations.Get;

    private readonly VfioBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    public void Bytes_make_the_buffer_that_the_typed_form_makes_and_what_follows_them_is_not_looked_at(int overlong)
    {
        BarRange[] ranges = [new(8 * Page, Page), new(0, 2 * Page), new(8 * Page, Page)];
        byte[] argument = [.. Argument(ranges: ranges), .. Enumerable.Repeat((byte)0xFF, overlong)];
        using (DmaBuffer buffer = _bench.Device.CallFeature(Get, (uint)argument.Length, argument, _bench.Options)!)
        using (DmaBuffer typed = _bench.Device.CreateBuffer(0, ranges, _bench.Options))
        {
            Assert.Equal((4 * Page, 2), (buffer.Size, _bench.Device.BufferCount));
            Assert.Equal(EntriesOf(typed), EntriesOf(buffer));
            Assert.Equal([8 * Page, 0UL, 8 * Page], EntriesOf(buffer).Select(range => range.Start.Value - _bench.Bar.Range.Start.Value));
        }
    }

    [Theory]
    [InlineData(VfioFeatureOperations.Probe)]
    [InlineData(VfioFeatureOperations.Probe | Get)]
    public void A_probe_succeeds_and_looks_at_no_argument(VfioFeatureOperations operations)
    {
        Assert.Null(_bench.Device.CallFeature(operations, 0, [], _bench.Options));
    }

    [Theory]
    [InlineData(VfioFeatureOperations.None)]
    [InlineData(VfioFeatureOperations.Set)]
    [InlineData(VfioFeatureOperations.Set | Get)]
    [InlineData(VfioFeatureOperations.Set | VfioFeatureOperations.Probe)]
    [InlineData((VfioFeatureOperations)0x80000 | Get)]
    [InlineData((VfioFeatureOperations)1)]
    public void Another_operation_than_get_and_probe_is_EINVAL(VfioFeatureOperations operations)
    {
        byte[] argument = Argument();
        Expect.Fails(Errno.EINVAL, () => _bench.Device.CallFeature(operations, (uint)argument.Length, argument, _bench.Options));
    }

    [Theory]
    [InlineData(0U, 40, Errno.EINVAL)]
    [InlineData(23U, 40, Errno.EINVAL)]
    [InlineData(23U, 0, Errno.EINVAL)]
    [InlineData(24U, 0, Errno.EFAULT)]
    [InlineData(24U, 23, Errno.EFAULT)]
    [InlineData(40U, 24, Errno.EFAULT)]
    [InlineData(40U, 39, Errno.EFAULT)]
    [InlineData(24U, 40, Errno.None)]
    public void A_size_that_is_too_small_is_EINVAL_and_bytes_that_are_not_there_are_EFAULT(uint announced, int given, Errno errno)
    {
        if (errno == Errno.None)
        {
            _bench.Device.CallFeature(Get, announced, Argument().AsSpan(0, given), _bench.Options)!.Dispose();
        }
        else
        {
            Expect.Fails(errno, () => _bench.Device.CallFeature(Get, announced, Argument().AsSpan(0, given), _bench.Options));
        }
    }

    public static TheoryData<string, uint, uint, uint, BarRange[], Errno> Rows { get; } = new()
    {
        { "no range", 0, 0, 0, [], Errno.EINVAL },
        { "a flag", 0, 1, 1, [new(0, Page)], Errno.EINVAL },
        { "a flag comes before the region", 9, 0x8000_0000, 1, [new(0, Page)], Errno.EINVAL },
        { "no range comes before the region", 9, 0, 0, [], Errno.EINVAL },
        { "the ROM", 6, 0, 1, [new(0, Page)], Errno.ENODEV },
        { "the largest region", uint.MaxValue, 0, 1, [new(0, Page)], Errno.ENODEV },
        { "the region comes before the missing ranges", 6, 0, 5, [], Errno.ENODEV },
        { "a range is missing", 0, 0, 2, [new(0, Page)], Errno.EFAULT },
        { "as many ranges as can be said", 0, 0, uint.MaxValue, [new(0, Page)], Errno.EFAULT },
        { "missing ranges come before unsound ones", 0, 0, 2, [new(1, 0)], Errno.EFAULT },
        { "the second range is empty", 0, 0, 2, [new(0, Page), new(0, 0)], Errno.EINVAL },
        { "the second range is not aligned", 0, 0, 2, [new(0, Page), new(0x800, Page)], Errno.EINVAL },
        { "the sum has bit 63", 0, 0, 2, [new(0, 1UL << 62), new(0, 1UL << 62)], Errno.EINVAL },
        { "the sum wraps", 0, 0, 3, [new(0, (1UL << 63) - Page), new(0, (1UL << 63) - Page), new(0, 4 * Page)], Errno.EINVAL },
        { "there is no such BAR", 1, 0, 1, [new(0, Page)], Errno.EINVAL },
        { "beyond the BAR by a page", 0, 0, 1, [new(SampleMachine.GpuBarLength - Page, 2 * Page)], Errno.EINVAL },
        { "the whole BAR and then a page more", 0, 0, 2, [new(0, SampleMachine.GpuBarLength), new(SampleMachine.GpuBarLength, Page)], Errno.EINVAL },
        { "the start wraps", 0, 0, 1, [new(ulong.MaxValue - 4095, Page)], Errno.EOVERFLOW },
    };

    [Theory]
    [MemberData(nameof(Rows), DisableDiscoveryEnumeration = true)]
    public void Each_check_has_its_errno_and_its_place(string row, uint region, uint flags, uint count, BarRange[] ranges, Errno errno)
    {
        byte[] argument = Argument(region, flags, count, ranges);
        DmaBufException refused = Assert.Throws<DmaBufException>(() => _bench.Device.CallFeature(Get, (uint)argument.Length, argument, _bench.Options));
        Assert.Equal((row, errno), (row, refused.Errno));
        Assert.Equal(row.StartsWith("the sum", StringComparison.Ordinal), refused.Message.Contains("2^63", StringComparison.Ordinal));
    }

    [Fact]
    public void An_end_that_wraps_is_told_from_one_that_is_beyond_the_BAR()
    {
        ulong last = ulong.MaxValue - _bench.Bar.Range.Start.Value - 4095;
        Expect.Fails(Errno.EOVERFLOW, () => _bench.Device.CreateBuffer(0, [new BarRange(last, 2 * Page)], _bench.Options));
        Expect.Fails(Errno.EINVAL, () => _bench.Device.CreateBuffer(0, [new BarRange(last - (2 * Page), Page)], _bench.Options));
    }

    [Fact]
    public void The_variant_comes_before_everything_and_a_closed_or_removed_device_after_everything()
    {
        using VfioPciDevice silent = new(_bench.Device.Function, new VfioPciDeviceOptions { GivesPhysicalAddresses = false });
        Expect.Fails(Errno.EOPNOTSUPP, () => silent.CallFeature(VfioFeatureOperations.Set, 0, []));
        Expect.Fails(Errno.EOPNOTSUPP, () => silent.CreateBuffer(9, []));
        using VfioPciDevice closed = new(_bench.Device.Function);
        Assert.Empty(closed.CloseAsync(TimeSpan.Zero, TestContext.Current.CancellationToken).GetAwaiter().GetResult().Reports);
        Expect.Fails(Errno.EINVAL, () => closed.CreateBuffer(0, [new BarRange(SampleMachine.GpuBarLength, Page)], _bench.Options));
        Expect.Fails(Errno.ENODEV, () => closed.CreateBuffer(0, [new BarRange(0, Page)], _bench.Options));
        _bench.Device.Function.Remove();
        Expect.Fails(Errno.ENODEV, () => _bench.Device.CreateBuffer(0, [new BarRange(0, Page)], _bench.Options));
    }

    [Fact]
    public void A_BAR_that_was_not_set_up_for_peers_is_EINVAL()
    {
        SoftwareMachineBuilder builder = new SoftwareMachineBuilder().AddRam(new PhysicalAddress(0x1000_0000), 0x10_000);
        builder.AddHostBridge(PciHostBridgePolicy.Listed).AddRootPort().AddEndpoint("gpu").AddBar(0x10_000, peerToPeer: false);
        using VfioPciDevice device = new(builder.Build().GetPciFunction("gpu"));
        Assert.Contains("peers", Expect.Fails(Errno.EINVAL, () => device.CreateBuffer(0, [new BarRange(0, Page)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_the_bytes_are_the_call_answers_with_a_buffer_or_an_errno()
    {
        Random random = new(7);
        int made = 0;
        for (int round = 0; round < 5000; round++)
        {
            byte[] argument = Argument(count: (uint)random.Next(4), ranges: [.. Enumerable.Range(0, random.Next(4)).Select(_ => new BarRange((ulong)random.Next(16) * Page, Page))]);
            for (int flips = random.Next(3); flips > 0; flips--)
            {
                argument[random.Next(argument.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                using DmaBuffer? buffer = _bench.Device.CallFeature(Get, (uint)random.Next(60), argument.AsSpan(0, random.Next(argument.Length + 1)), _bench.Options);
                Assert.Equal(0UL, buffer!.Size % Page);
                made++;
            }
            catch (DmaBufException refused)
            {
                Assert.Contains(refused.Errno, new[] { Errno.EINVAL, Errno.EFAULT, Errno.ENODEV, Errno.EOVERFLOW });
            }
        }

        Assert.True(made > 50, $"only {made} buffers were made");
    }

    private static byte[] Argument(uint region = 0, uint flags = 0, uint? count = null, params BarRange[] ranges)
    {
        if (count is null && ranges.Length == 0)
        {
            ranges = [new BarRange(0, Page)];
        }

        byte[] bytes = new byte[Header + (16 * ranges.Length)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), region);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), flags);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), count ?? (uint)ranges.Length);
        for (int index = 0; index < ranges.Length; index++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(Header + (16 * index)), ranges[index].Offset);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(Header + (16 * index) + 8), ranges[index].Length);
        }

        return bytes;
    }

    private PhysicalRange[] EntriesOf(DmaBuffer buffer)
    {
        using PhysicalAddressListAttachment attachment = buffer.Attach(new LateImporter(), PhysicalAddressListMappingType.Request(_bench.Access));
        using PhysicalAddressListMapping mapping = attachment.MapPhysicalAddressList();
        using PhysicalAddressListLease lease = mapping.ReadList();
        return lease.Entries.ToArray();
    }
}
