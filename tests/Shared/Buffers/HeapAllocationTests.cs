namespace DmaBuf.SharedTests;

/// <summary>What a heap promises to who asks it for memory.</summary>
public abstract class HeapAllocationTests : SharedTest<HeapSubject>
{
    private const ulong Page = DmaBuf.SharedTests.Subject.Page;

    [Theory]
    [InlineData(1, Page)]
    [InlineData(Page, Page)]
    [InlineData(Page + 1, 2 * Page)]
    [InlineData(300_000, 303_104)]
    public void A_buffer_has_whole_pages_and_is_zero(ulong asked, ulong given)
    {
        using DmaBuffer buffer = Subject.Allocate(asked);
        Assert.Equal(given, buffer.Size);
        Assert.Equal(new byte[given], Subject.Look(buffer));
    }

    [Theory]
    [InlineData(0, Errno.EINVAL)]
    [InlineData(1UL << 50, Errno.ENOMEM)]
    [InlineData(ulong.MaxValue - Page, Errno.ENOMEM)]
    public void An_impossible_length_is_refused_and_nothing_is_lost(ulong asked, Errno errno)
    {
        Refused(errno, () => Subject.Allocate(asked));
        using DmaBuffer buffer = Subject.Allocate(Page);
        Assert.Equal(Page, buffer.Size);
    }
}
