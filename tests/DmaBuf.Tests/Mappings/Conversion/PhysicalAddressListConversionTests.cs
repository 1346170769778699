using DmaBuf.Tests.Mappings.ScatterGather;
using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Mappings.Conversion;

/// <summary>What converters make of a physical address list.</summary>
public sealed class PhysicalAddressListConversionTests
{
    private static readonly PhysicalRange[] s_ranges = [Range(0x10_0000, 0x2000), Range(0x50_0000, 0x1000), Range(0x30_0000, 0x3000)];
    private static readonly DmaAddress s_start = new(0x8000_0000);

    [Fact]
    public void A_list_of_MMIO_becomes_a_table_through_its_provider()
    {
        FakeDmaDevice device = DeviceWithBlocks();
        ScatterGatherBacking backing = PhysicalAddressListConversion.ToScatterGather(List(PhysicalMemoryKind.Mmio), SameSwitch(), device, DmaDirection.ToDevice);
        Assert.Equal([.. s_ranges.Select(range => Entry(range.Start.Value + BusOffset, range.Length))], backing.Table.Entries.ToArray());
        backing.Release();
    }

    [Fact]
    public void A_list_of_RAM_becomes_a_table_through_the_device()
    {
        FakeDmaDevice device = DeviceWithBlocks();
        ScatterGatherBacking backing = PhysicalAddressListConversion.ToScatterGather(List(PhysicalMemoryKind.Ram), null, device, DmaDirection.FromDevice);
        Assert.Contains("link +0x2000 [0x500000, +0x1000) FromDevice None", device.Calls);
        backing.Release();
        device.AssertClean();
    }

    [Fact]
    public void A_kind_that_contradicts_the_provider_is_EINVAL()
    {
        FakeDmaDevice device = DeviceWithBlocks();
        AssertErrno(Errno.EINVAL, () => PhysicalAddressListConversion.ToScatterGather(List(PhysicalMemoryKind.Mmio), null, device, DmaDirection.ToDevice));
        AssertErrno(Errno.EINVAL, () => PhysicalAddressListConversion.ToScatterGather(List(PhysicalMemoryKind.Ram), SameSwitch(), device, DmaDirection.ToDevice));
        Assert.Empty(device.Calls);
    }

    [Theory]
    [InlineData(PhysicalMemoryKind.Mmio, DmaAttributes.Mmio)]
    [InlineData(PhysicalMemoryKind.Ram, DmaAttributes.None)]
    public void A_domain_gets_the_entries_one_behind_the_other_with_the_kind_of_the_list(PhysicalMemoryKind kind, DmaAttributes attributes)
    {
        var domain = new FakeIommuDomain();
        DmaRange mapped = PhysicalAddressListConversion.ToDomain(List(kind), domain, s_start, DmaDirection.FromDevice);
        Assert.Equal(new DmaRange(s_start, 0x6000), mapped);
        Assert.Equal([(DmaDirection.FromDevice, attributes)], domain.Used);
        ulong[] pages = [0x10_0000, 0x10_1000, 0x50_0000, 0x30_0000, 0x30_1000, 0x30_2000];
        Assert.Equal(pages, Enumerable.Range(0, 6).Select(page => domain.Pages[s_start.Value + ((ulong)page * Page)].Value));
        domain.Unmap(mapped);
        Assert.Empty(domain.Pages);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0x2000)]
    [InlineData(3, 0x3000)]
    public void A_failing_entry_unmaps_exactly_the_entries_before_it(int failing, ulong mappedBefore)
    {
        var domain = new FakeIommuDomain(failing);
        AssertErrno(Errno.ENOMEM, () => PhysicalAddressListConversion.ToDomain(List(PhysicalMemoryKind.Ram), domain, s_start, DmaDirection.ToDevice));
        Assert.Empty(domain.Pages);
        DmaRange[] expected = mappedBefore == 0 ? [] : [new DmaRange(s_start, mappedBefore)];
        Assert.Equal(expected, domain.Unmaps);
    }

    [Fact]
    public void What_does_not_fit_a_domain_is_refused_before_anything_is_mapped()
    {
        var domain = new FakeIommuDomain();
        var large = new FakeIommuDomain { PageSize = 0x1_0000 };
        PhysicalAddressList list = List(PhysicalMemoryKind.Ram);
        AssertErrno(Errno.EINVAL, () => PhysicalAddressListConversion.ToDomain(list, domain, new DmaAddress(0x800), DmaDirection.ToDevice));
        AssertErrno(Errno.EINVAL, () => PhysicalAddressListConversion.ToDomain(list, large, new DmaAddress(0x1_0000), DmaDirection.ToDevice));
        AssertErrno(Errno.EOVERFLOW, () => PhysicalAddressListConversion.ToDomain(list, domain, new DmaAddress(0xFFFF_FFFF_FFFF_B000), DmaDirection.ToDevice));
        AssertErrno(Errno.EINVAL, () => PhysicalAddressListConversion.ToDomain(list, domain, s_start, (DmaDirection)3));
        Assert.Empty(domain.Used);
        Assert.Empty(large.Used);
    }

    private static PhysicalAddressList List(PhysicalMemoryKind kind) => PhysicalAddressList.Create(s_ranges, kind);

    private static void AssertErrno(Errno errno, Func<object> action) => Assert.Equal(errno, Assert.Throws<DmaBufException>(action).Errno);
}
