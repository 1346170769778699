using static DmaBuf.Tests.Mappings.ScatterGather.TableTopology;

namespace DmaBuf.Tests.Mappings.PhysicalAddresses;

/// <summary>The capability token, and that a list does not tell its addresses by the way.</summary>
public sealed class PhysicalAddressAccessTests
{
    [Fact]
    public void A_granted_token_is_live_until_it_is_revoked_for_good()
    {
        PhysicalAddressAccess access = PhysicalAddressAccess.Grant("iommufd");
        Assert.True(access.IsLive);
        access.ThrowIfNotLive();
        access.Revoke();
        access.Revoke();
        Assert.False(access.IsLive);
        DmaBufException exception = Assert.Throws<DmaBufException>(access.ThrowIfNotLive);
        Assert.Equal(Errno.EPERM, exception.Errno);
        Assert.Contains("'iommufd'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Disposing_a_token_revokes_it()
    {
        PhysicalAddressAccess access = PhysicalAddressAccess.Grant("iommufd");
        using (access)
            Assert.Equal("physical address access of 'iommufd', live", access.ToString());
        Assert.Equal("physical address access of 'iommufd', revoked", access.ToString());
    }

    [Fact]
    public void One_tokens_end_is_not_anothers()
    {
        PhysicalAddressAccess first = PhysicalAddressAccess.Grant("same");
        PhysicalAddressAccess second = PhysicalAddressAccess.Grant("same");
        first.Revoke();
        Assert.True(second.IsLive);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void A_token_without_a_name_is_refused(string name)
        => Assert.Equal(Errno.EINVAL, Assert.Throws<DmaBufException>(() => PhysicalAddressAccess.Grant(name)).Errno);

    [Fact]
    public void A_missing_name_is_refused() => Assert.Throws<ArgumentNullException>(() => PhysicalAddressAccess.Grant(null!));

    [Fact]
    public void The_text_of_a_list_shows_no_address()
        => Assert.Equal("2 entries, 12288 bytes, Mmio, Uncached", PhysicalAddressList.Create([Range(0xABC000, Page), Range(0xDEF000, 2 * Page)]).ToString());

    [Fact]
    public void A_list_that_cannot_be_allocated_is_ENOMEM()
    {
        using IDisposable injection = FaultInjection.Install(site => site == FaultSite.ListAllocation);
        Assert.Equal(Errno.ENOMEM, Assert.Throws<DmaBufException>(() => PhysicalAddressList.Create([Range(0, Page)])).Errno);
    }
}
