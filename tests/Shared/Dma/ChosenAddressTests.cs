namespace DmaBuf.SharedTests;

/// <summary>Where the program chooses the device's addresses: they are kept, and impossible ones are refused with the same errno everywhere.</summary>
public abstract class ChosenAddressTests : SharedTest<DmaSubject>
{
    private const ulong Page = DmaBuf.SharedTests.Subject.Page;
    private const ulong At = 0x0800_0000;

    [Fact]
    public async Task The_buffer_is_where_it_was_wanted_and_neighbours_do_not_touch()
    {
        using DmaBuffer one = Subject.Export(2);
        using DmaBuffer other = Subject.Export(1);
        using DeviceMapping first = Subject.Map(one, at: new(At));
        using DeviceMapping second = Subject.Map(other, at: new(At + (2 * Page)));
        Assert.Equal((At, At + Page, At + (2 * Page)), (first[0].Value, first[1].Value, second[0].Value));
        await Subject.WriteAsync(first[1], Pattern((int)Page, 1));
        await Subject.WriteAsync(second[0], Pattern((int)Page, 2));
        Assert.Equal(Pattern((int)Page, 1), Subject.Look(one, 1));
        Assert.Equal(Pattern((int)Page, 2), Subject.Look(other));
    }

    [Theory]
    [InlineData(At)]
    [InlineData(At - Page)]
    [InlineData(At + Page)]
    public async Task An_address_that_is_taken_is_EEXIST_and_who_has_it_keeps_it(ulong wanted)
    {
        using DmaBuffer buffer = Subject.Export(2);
        using DmaBuffer late = Subject.Export(2);
        using DeviceMapping mapping = Subject.Map(buffer, at: new(At));
        Refused(Errno.EEXIST, () => Subject.Map(late, at: new(wanted)));
        Assert.Equal((0, 0), (late.AttachmentCount, late.MappingCount));
        await Subject.WriteAsync(mapping[0], Pattern((int)Page, 3));
        Assert.Equal(Pattern((int)Page, 3), Subject.Look(buffer));
        Assert.Equal(new byte[Page], Subject.Look(late));
    }

    [Theory]
    [InlineData(At + 1)]
    [InlineData(At + 0x800)]
    public void An_address_inside_a_page_is_EINVAL(ulong wanted) => RefusedWithoutTrace(Errno.EINVAL, wanted);

    [Theory]
    [InlineData(0xFEE0_0000)]
    [InlineData(0xFEDF_F000)]
    public void An_address_at_which_the_hardware_takes_interrupts_is_EINVAL(ulong wanted) => RefusedWithoutTrace(Errno.EINVAL, wanted);

    [Fact]
    public async Task A_detached_buffer_leaves_its_address_to_the_next()
    {
        using DmaBuffer one = Subject.Export(1);
        using DmaBuffer other = Subject.Export(1);
        Subject.Map(one, at: new(At)).Dispose();
        using DeviceMapping mapping = Subject.Map(other, at: new(At));
        await Subject.WriteAsync(new(At), Pattern((int)Page, 4));
        Assert.Equal(new byte[Page], Subject.Look(one));
        Assert.Equal(Pattern((int)Page, 4), Subject.Look(other));
    }

    /// <summary>The address of a revoked buffer belongs to its attachment until that is detached.</summary>
    [Fact]
    public async Task After_a_revoke_and_a_detach_the_address_leads_to_whoever_got_it_next()
    {
        using DmaBuffer one = Subject.Export(1);
        using DmaBuffer other = Subject.Export(1);
        using (Subject.Map(one, at: new(At)))
        {
            await one.RevokeAsync(TimeSpan.Zero, Token);
        }

        using DeviceMapping mapping = Subject.Map(other, at: new(At));
        await Subject.WriteAsync(new(At), Pattern((int)Page, 5));
        Assert.Equal(new byte[Page], Subject.Look(one));
        Assert.Equal(Pattern((int)Page, 5), Subject.Look(other));
    }

    private void RefusedWithoutTrace(Errno errno, ulong wanted)
    {
        using DmaBuffer buffer = Subject.Export(2);
        Refused(errno, () => Subject.Map(buffer, at: new(wanted)));
        Assert.Equal((0, 0), (buffer.AttachmentCount, buffer.MappingCount));
        using DeviceMapping mapping = Subject.Map(buffer, at: new(At));
        Assert.Equal(At, mapping[0].Value);
    }
}
