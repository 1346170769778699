namespace DmaBuf.SharedTests;

/// <summary>One buffer, several users: they see the same bytes while they are attached and the buffer is not revoked, and leave nothing.</summary>
public abstract class BufferTests : SharedTest<BufferSubject>
{
    private const int Length = 3000;
    private const ulong Offset = DmaBuf.SharedTests.Subject.Page - 1000;

    [Fact]
    public void A_new_buffer_is_zero_and_two_users_see_each_others_bytes_across_a_pages_end()
    {
        using DmaBuffer buffer = Subject.Export();
        using IBufferUser one = Subject.Attach(buffer, "one");
        using IBufferUser other = Subject.Attach(buffer, "other");
        Assert.Equal(2, buffer.AttachmentCount);
        Assert.Equal(new byte[Length], Read(one));
        one.Write(Offset, Pattern(Length, 1));
        Assert.Equal(Pattern(Length, 1), Read(other));
        other.Write(Offset, Pattern(Length, 2));
        Assert.Equal(Pattern(Length, 2), Read(one));
    }

    [Fact]
    public void Users_end_one_by_one_and_counts_go_back_to_zero()
    {
        using DmaBuffer buffer = Subject.Export();
        IBufferUser one = Subject.Attach(buffer, "one");
        IBufferUser other = Subject.Attach(buffer, "other");
        one.Write(Offset, Pattern(Length, 3));
        one.Dispose();
        Assert.Equal(1, buffer.AttachmentCount);
        Assert.Throws<ObjectDisposedException>(() => Read(one));
        Assert.Equal(Pattern(Length, 3), Read(other));
        other.Dispose();
        Assert.Equal((0, 0), (buffer.AttachmentCount, buffer.MappingCount));
    }

    [Fact]
    public void What_does_not_fit_is_declined_by_its_property_and_nothing_is_attached()
    {
        using DmaBuffer buffer = Subject.Export();
        (MappingRequest request, string property) = Subject.Declined();
        NegotiationFailedException failure = Assert.Throws<NegotiationFailedException>(() => buffer.Attach(new DmaBufferImporter("picky"), request));
        Assert.Equal(Errno.EINVAL, failure.Errno);
        Assert.Contains(failure.Negotiation.Pairs, pair => pair.Decline?.Property == property);
        Assert.Equal(0, buffer.AttachmentCount);
    }

    [Fact]
    public async Task A_revoke_ends_every_users_access_and_an_unrevoke_gives_back_the_same_bytes()
    {
        using DmaBuffer buffer = Subject.Export();
        using IBufferUser one = Subject.Attach(buffer, "one");
        using IBufferUser other = Subject.Attach(buffer, "other");
        one.Write(Offset, Pattern(Length, 4));
        RevokeReport report = await buffer.RevokeAsync(TimeSpan.Zero, Token);
        Assert.NotEqual(RevokeOutcome.Quarantined, report.Outcome);
        Refused(Errno.ENODEV, () => Read(one));
        Refused(Errno.ENODEV, () => other.Write(Offset, new byte[Length]));
        Refused(Errno.ENODEV, () => Subject.Attach(buffer, "late"));
        await buffer.UnrevokeAsync(Token);
        Assert.Equal(Pattern(Length, 4), Read(other));
    }

    [Fact]
    public void The_memory_lives_as_long_as_somebody_is_attached()
    {
        DmaBuffer buffer = Subject.Export();
        IBufferUser user = Subject.Attach(buffer, "user");
        buffer.Dispose();
        Assert.False(buffer.IsReleased);
        user.Write(Offset, Pattern(Length, 5));
        Assert.Equal(Pattern(Length, 5), Read(user));
        user.Dispose();
        Assert.True(buffer.IsReleased);
        user.Dispose();
    }

    private static byte[] Read(IBufferUser user)
    {
        byte[] bytes = new byte[Length];
        user.Read(Offset, bytes);
        return bytes;
    }
}
