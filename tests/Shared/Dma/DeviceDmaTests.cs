namespace DmaBuf.SharedTests;

/// <summary>A device reaches what was mapped for it, as long as it is mapped, and nothing else.</summary>
public abstract class DeviceDmaTests : SharedTest<DmaSubject>
{
    private const int Length = (int)DmaBuf.SharedTests.Subject.Page;

    [Fact]
    public async Task Bytes_arrive_in_both_directions_and_at_their_page()
    {
        using DmaBuffer buffer = Subject.Export(3);
        using DeviceMapping mapping = Subject.Map(buffer);
        await Subject.WriteAsync(mapping[1], Pattern(Length, 1));
        Assert.Equal(new byte[Length], Subject.Look(buffer));
        Assert.Equal(Pattern(Length, 1), Subject.Look(buffer, 1));
        Assert.Equal(new byte[Length], Subject.Look(buffer, 2));
        Subject.Fill(buffer, Pattern(Length, 2), 2);
        Assert.Equal(Pattern(Length, 2), await Subject.ReadAsync(mapping[2]));
        Assert.Equal(Pattern(Length, 1), await Subject.ReadAsync(mapping[1]));
    }

    [Fact]
    public void A_mapping_is_an_attachment_with_one_mapping_and_both_counts_go_back_to_zero()
    {
        using DmaBuffer buffer = Subject.Export(2);
        Assert.Equal((0, 0), Counts(buffer));
        for (int round = 0; round < 3; round++)
        {
            using (Subject.Map(buffer))
            {
                Assert.Equal((1, 1), Counts(buffer));
            }

            Assert.Equal((0, 0), Counts(buffer));
        }
    }

    [Fact]
    public void Foreign_memory_is_declined_with_what_did_not_fit_and_nothing_is_left()
    {
        (DmaBuffer buffer, string property) = Subject.ExportForeign();
        using (buffer)
        {
            NegotiationFailedException declined = Assert.Throws<NegotiationFailedException>(() => Subject.Map(buffer));
            Assert.Equal(Errno.EINVAL, declined.Errno);
            Assert.Contains(property, declined.Message, StringComparison.Ordinal);
            Assert.Equal((0, 0), Counts(buffer));
        }

        Assert.True(buffer.IsReleased);
    }

    [Fact]
    public async Task After_detach_the_device_finds_nothing_at_the_old_address()
    {
        using DmaBuffer buffer = Subject.Export(1);
        DeviceMapping mapping = Subject.Map(buffer);
        DmaAddress old = mapping[0];
        await Subject.WriteAsync(old, Pattern(Length, 3));
        mapping.Dispose();
        await Subject.WriteAsync(old, Pattern(Length, 4));
        Assert.Equal(Pattern(Length, 3), Subject.Look(buffer));
        Assert.NotEqual(Pattern(Length, 3), await Subject.ReadAsync(old));

        // The device is as it was: what was dropped was dropped on its way.
        using DeviceMapping again = Subject.Map(buffer);
        await Subject.WriteAsync(again[0], Pattern(Length, 5));
        Assert.Equal(Pattern(Length, 5), Subject.Look(buffer));
    }

    [Fact]
    public async Task After_a_revoke_the_device_reaches_nothing_and_what_is_mapped_after_the_unrevoke_works()
    {
        using DmaBuffer buffer = Subject.Export(1);
        using DeviceMapping mapping = Subject.Map(buffer);
        await Subject.WriteAsync(mapping[0], Pattern(Length, 6));
        RevokeReport report = await buffer.RevokeAsync(TimeSpan.Zero, Token);
        Assert.NotEqual(RevokeOutcome.Quarantined, report.Outcome);
        Assert.Equal(BufferPhase.Revoked, buffer.Phase);
        await Subject.WriteAsync(mapping[0], Pattern(Length, 7));
        Assert.Equal(Pattern(Length, 6), Subject.Look(buffer));
        Refused(Errno.ENODEV, () => Subject.Map(buffer));

        await buffer.UnrevokeAsync(Token);
        await Subject.WriteAsync(mapping[0], Pattern(Length, 7));
        Assert.Equal(Pattern(Length, 6), Subject.Look(buffer));
        using DeviceMapping fresh = Subject.Map(buffer);
        await Subject.WriteAsync(fresh[0], Pattern(Length, 8));
        Assert.Equal(Pattern(Length, 8), Subject.Look(buffer));
    }

    [Fact]
    public async Task Two_mappings_of_one_buffer_live_side_by_side_and_end_one_by_one()
    {
        using DmaBuffer buffer = Subject.Export(2);
        using DeviceMapping first = Subject.Map(buffer);
        DeviceMapping second = Subject.Map(buffer);
        Assert.Equal((2, 2), Counts(buffer));
        await Subject.WriteAsync(first[1], Pattern(Length, 9));
        Assert.Equal(Pattern(Length, 9), await Subject.ReadAsync(second[1]));
        second.Dispose();
        Assert.Equal((1, 1), Counts(buffer));
        await Subject.WriteAsync(second[1], Pattern(Length, 10));
        Assert.Equal(Pattern(Length, 9), Subject.Look(buffer, 1));
        await Subject.WriteAsync(first[1], Pattern(Length, 11));
        Assert.Equal(Pattern(Length, 11), Subject.Look(buffer, 1));
    }

    [Fact]
    public async Task Two_buffers_do_not_reach_into_each_other()
    {
        using DmaBuffer one = Subject.Export(1);
        using DmaBuffer other = Subject.Export(1);
        using DeviceMapping first = Subject.Map(one);
        using DeviceMapping second = Subject.Map(other);
        await Subject.WriteAsync(first[0], Pattern(Length, 12));
        Assert.Equal(new byte[Length], Subject.Look(other));
        await Subject.WriteAsync(second[0], Pattern(Length, 13));
        Assert.Equal(Pattern(Length, 12), Subject.Look(one));
        await one.RevokeAsync(TimeSpan.Zero, Token);
        await Subject.WriteAsync(second[0], Pattern(Length, 14));
        Assert.Equal(Pattern(Length, 14), Subject.Look(other));
    }

    [Fact]
    public async Task A_device_that_may_only_read_cannot_write()
    {
        using DmaBuffer buffer = Subject.Export(1);
        Subject.Fill(buffer, Pattern(Length, 15));
        using DeviceMapping mapping = Subject.Map(buffer, DmaDirection.ToDevice);
        await Subject.WriteAsync(mapping[0], Pattern(Length, 16));
        Assert.Equal(Pattern(Length, 15), Subject.Look(buffer));
        Assert.Equal(Pattern(Length, 15), await Subject.ReadAsync(mapping[0]));
    }

    [Fact]
    public async Task A_device_that_may_only_write_reads_nothing()
    {
        using DmaBuffer buffer = Subject.Export(1);
        Subject.Fill(buffer, Pattern(Length, 17));
        using DeviceMapping mapping = Subject.Map(buffer, DmaDirection.FromDevice);
        Assert.NotEqual(Pattern(Length, 17), await Subject.ReadAsync(mapping[0]));
        await Subject.WriteAsync(mapping[0], Pattern(Length, 18));
        Assert.Equal(Pattern(Length, 18), Subject.Look(buffer));
    }

    [Fact]
    public async Task The_buffer_lives_as_long_as_the_device_has_it_whoever_disposes_first()
    {
        DmaBuffer buffer = Subject.Export(1);
        DeviceMapping mapping = Subject.Map(buffer);
        buffer.Dispose();
        Assert.False(buffer.IsReleased);
        await Subject.WriteAsync(mapping[0], Pattern(Length, 19));
        Assert.Equal(Pattern(Length, 19), await Subject.ReadAsync(mapping[0]));
        mapping.Dispose();
        Assert.True(buffer.IsReleased);
        mapping.Dispose();
    }

    private static (int Attachments, int Mappings) Counts(DmaBuffer buffer) => (buffer.AttachmentCount, buffer.MappingCount);
}
