using CsCheck;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Mappings.PhysicalAddresses;

/// <summary>The invariants P1 to P14 of physical address lists, row by row (D-5).</summary>
public sealed class PhysicalAddressListValidatorTests
{
    [Fact]
    public void P1_no_entry_is_EINVAL() => AssertRefused(Errno.EINVAL, "no entry", List(), 0);

    [Fact]
    public void P2_an_entry_of_length_zero_is_EINVAL_and_named()
        => AssertRefused(Errno.EINVAL, "entry 1 [0x9000, +0x0) has length zero", List(Range(0x1000, Page), Range(0x9000, 0)), Page);

    [Theory]
    [InlineData(0x1001, 0x1000)]
    [InlineData(0x1000, 0x1800)]
    [InlineData(0x1234, 0x1234)]
    public void P3_an_unaligned_start_or_length_is_EINVAL_and_named(ulong start, ulong length)
        => AssertRefused(Errno.EINVAL, $"entry 1 [0x{start:x}, +0x{length:x}) is not aligned", List(Range(0x8000, Page), Range(start, length)), Page + length);

    [Fact]
    public void P3_the_page_is_a_limit()
    {
        PhysicalAddressList list = List(Range(0x1_0000, 0x1000));
        var limits = new PhysicalAddressListLimits { PageSize = 0x1_0000 };
        AssertRefused(Errno.EINVAL, "multiples of 0x10000", list, 0x1000, limits);
        PhysicalAddressListValidator.Validate(List(Range(0x1_0000, 0x1_0000)), 0x1_0000, limits);
    }

    [Theory]
    [InlineData(0xFFFF_FFFF_FFFF_F000, 0x2000)]
    [InlineData(0xFFFF_FFFF_FFFF_F000, 0x1000)]
    public void P4_an_entry_whose_end_wraps_is_EOVERFLOW(ulong start, ulong length)
        => AssertRefused(Errno.EOVERFLOW, "entry 1", List(Range(0, Page), Range(start, length)), Page + length, Wide());

    [Fact]
    public void P5_lengths_whose_sum_wraps_are_EOVERFLOW_and_the_culprit_is_named()
    {
        const ulong Half = 1UL << 63;
        AssertRefused(Errno.EOVERFLOW, "entry 2", List(Range(0, Half - Page), Range(0, Half), Range(0, 2 * Page)), Page, Wide());
    }

    [Theory]
    [InlineData(0x2000)]
    [InlineData(0x4000)]
    [InlineData(0)]
    public void P6_a_sum_other_than_the_buffers_size_is_EINVAL(ulong bufferSize)
        => AssertRefused(Errno.EINVAL, $"sum to 0x3000, but the buffer has 0x{bufferSize:x}", List(Range(0, Page), Range(0x8000, 2 * Page)), bufferSize);

    [Fact]
    public void P7_overlaps_are_allowed_unless_the_strict_limits_refuse_them()
    {
        PhysicalAddressList list = List(Range(0x9000, Page), Range(0x1000, 3 * Page), Range(0x3000, Page));
        PhysicalAddressListValidator.Validate(list, 5 * Page, PhysicalAddressListLimits.Default);
        var strict = new PhysicalAddressListLimits { RejectOverlaps = true };
        AssertRefused(Errno.EINVAL, "entries 1 [0x1000, +0x3000) and 2 [0x3000, +0x1000) overlap", list, 5 * Page, strict);
    }

    [Fact]
    public void P8_adjacent_entries_are_allowed_even_by_the_strict_limits()
    {
        var strict = new PhysicalAddressListLimits { RejectOverlaps = true };
        PhysicalAddressListValidator.Validate(List(Range(0x2000, Page), Range(0x1000, Page), Range(0x3000, Page)), 3 * Page, strict);
    }

    [Fact]
    public void P9_more_entries_than_the_limit_is_E2BIG()
    {
        var limits = new PhysicalAddressListLimits { MaximumEntries = 2 };
        PhysicalAddressListValidator.Validate(List(Range(0, Page), Range(0, Page)), 2 * Page, limits);
        AssertRefused(Errno.E2BIG, "3 entries exceed the limit of 2", List(Range(0, Page), Range(0, Page), Range(0, Page)), 3 * Page, limits);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void P9_a_million_entries_pass_once_the_limit_is_raised_by_name(bool rejectOverlaps)
    {
        const int Million = 1_000_000;
        PhysicalAddressList list = PhysicalAddressList.Create([.. Enumerable.Range(0, Million).Select(index => Range((ulong)(Million - index) * 2 * Page, Page))]);
        AssertRefused(Errno.E2BIG, "65536", list, Million * Page);
        PhysicalAddressListValidator.Validate(list, Million * Page, new() { MaximumEntries = Million, RejectOverlaps = rejectOverlaps });
    }

    [Fact]
    public void P10_kind_and_cacheability_hold_for_the_whole_list_and_default_to_what_the_series_assumes()
    {
        PhysicalAddressList plain = List(Range(0, Page));
        Assert.Equal((PhysicalMemoryKind.Mmio, Cacheability.Uncached), (plain.Kind, plain.Cacheability));
        PhysicalAddressList memory = PhysicalAddressList.Create([Range(0, Page)], PhysicalMemoryKind.Ram, Cacheability.Cached);
        Assert.Equal((PhysicalMemoryKind.Ram, Cacheability.Cached), (memory.Kind, memory.Cacheability));
        AssertErrno(Errno.EINVAL, () => PhysicalAddressList.Create([Range(0, Page)], (PhysicalMemoryKind)2));
        AssertErrno(Errno.EINVAL, () => PhysicalAddressList.Create([Range(0, Page)], cacheability: (Cacheability)(-1)));
    }

    [Fact]
    public void P11_an_entry_above_the_physical_address_width_is_EINVAL()
    {
        const ulong Top = 1UL << 52;
        PhysicalAddressListValidator.Validate(List(Range(Top - Page, Page)), Page, PhysicalAddressListLimits.Default);
        AssertRefused(Errno.EINVAL, "entry 0 [0xffffffffff000, +0x2000) lies above 0xfffffffffffff", List(Range(Top - Page, 2 * Page)), 2 * Page);
        AssertRefused(Errno.EINVAL, "entry 1", List(Range(0, Page), Range(Top, Page)), 2 * Page);
        AssertRefused(Errno.EINVAL, "above 0xffffffffff", List(Range(1UL << 40, Page)), Page, new() { PhysicalAddressWidth = 40 });
        PhysicalAddressListValidator.Validate(List(Range(0xFFFF_FFFF_FFFF_E000, Page)), Page, Wide());
    }

    [Fact]
    public void P13_a_list_that_was_handed_out_before_is_EINVAL()
    {
        PhysicalAddressList list = List(Range(0, Page));
        PhysicalAddressListValidator.Claim(list);
        AssertErrno(Errno.EINVAL, () => PhysicalAddressListValidator.Claim(list));
    }

    [Fact]
    public void P14_a_list_does_not_follow_its_makers_later_writes()
    {
        PhysicalRange[] ranges = [Range(0x1000, Page)];
        PhysicalAddressList list = PhysicalAddressList.Create(ranges);
        ranges[0] = Range(0x9000, Page);
        Assert.Equal([Range(0x1000, Page)], list.Entries.ToArray());
    }

    [Fact]
    public void Limits_that_make_no_sense_and_missing_arguments_are_refused()
    {
        AssertErrno(Errno.EINVAL, () => new PhysicalAddressListLimits { MaximumEntries = 0 });
        AssertErrno(Errno.EINVAL, () => new PhysicalAddressListLimits { PageSize = 0 });
        AssertErrno(Errno.EINVAL, () => new PhysicalAddressListLimits { PageSize = 0x1800 });
        AssertErrno(Errno.EINVAL, () => new PhysicalAddressListLimits { PhysicalAddressWidth = 0 });
        AssertErrno(Errno.EINVAL, () => new PhysicalAddressListLimits { PhysicalAddressWidth = 65 });
        Assert.Throws<ArgumentNullException>(() => PhysicalAddressListValidator.Validate(null!, Page, PhysicalAddressListLimits.Default));
        Assert.Throws<ArgumentNullException>(() => PhysicalAddressListValidator.Validate(List(Range(0, Page)), Page, null!));
    }

    [Fact]
    public void The_verdict_on_any_list_is_that_of_a_naive_check_in_128_bits()
    {
        Gen<ulong> number = Gen.OneOf(
            Gen.ULong[0, 8].Select(pages => pages * Page), Gen.ULong[0, 4].Select(pages => (1UL << 52) - (pages * Page)), Gen.ULong[1, 4].Select(pages => 0UL - (pages * Page)), Gen.ULong[0, 0x3000]);
        Gen<PhysicalRange> range = Gen.Frequency((6, Gen.ULong[0, 64].Select(page => Range(page * Page, Page))), (1, Gen.Select(number, number, Range)));
        Gen.Select(range.Array[0, 6], Gen.OneOf(Gen.Const(13), Gen.Const(52), Gen.Int[1, 64]), Gen.Bool).Sample(
            (ranges, width, exact) =>
            {
                ulong size = exact ? Sum(ranges) : Sum(ranges) + Page;
                void Validate() => PhysicalAddressListValidator.Validate(List(ranges), size, new() { PhysicalAddressWidth = width });
                Exception? exception = Record.Exception(Validate);
                Assert.Equal(NaiveVerdict(ranges, size, width), exception is null ? Errno.None : Assert.IsType<DmaBufException>(exception).Errno);
            },
            iter: 5000);
    }

    private static Errno NaiveVerdict(PhysicalRange[] ranges, ulong size, int width)
    {
        UInt128 total = 0;
        foreach (PhysicalRange range in ranges)
        {
            UInt128 end = (UInt128)range.Start.Value + range.Length;
            if (range.Length == 0 || range.Start.Value % Page != 0 || range.Length % Page != 0)
                return Errno.EINVAL;
            if (end > ulong.MaxValue)
                return Errno.EOVERFLOW;
            if (end > UInt128.One << width)
                return Errno.EINVAL;
            total += range.Length;
            if (total > ulong.MaxValue)
                return Errno.EOVERFLOW;
        }

        return ranges.Length > 0 && total == size ? Errno.None : Errno.EINVAL;
    }

    private static PhysicalAddressList List(params PhysicalRange[] ranges) => PhysicalAddressList.Create(ranges);

    private static PhysicalAddressListLimits Wide() => new() { PhysicalAddressWidth = 64 };

    private static void AssertRefused(Errno errno, string text, PhysicalAddressList list, ulong size, PhysicalAddressListLimits? limits = null)
    {
        DmaBufException exception = Assert.Throws<DmaBufException>(
            () => PhysicalAddressListValidator.Validate(list, size, limits ?? PhysicalAddressListLimits.Default));
        Assert.Equal(errno, exception.Errno);
        Assert.Contains(text, exception.Message, StringComparison.Ordinal);
    }

    private static void AssertErrno(Errno errno, Action action) => Assert.Equal(errno, Assert.Throws<DmaBufException>(action).Errno);

    private static void AssertErrno(Errno errno, Func<object> action) => Assert.Equal(errno, Assert.Throws<DmaBufException>(action).Errno);
}
