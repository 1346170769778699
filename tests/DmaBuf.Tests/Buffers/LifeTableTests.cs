namespace DmaBuf.Tests.Buffers;

/// <summary>Every row of spec B.3 (a buffer) and B.4 (an attachment), on the pure transition functions.</summary>
public sealed class LifeTableTests
{
    public static TheoryData<int, bool, int, int, bool, int> BufferRows { get; } = new()
    {
        { Phase(BufferPhase.Live), false, On(BufferEvent.Use), Phase(BufferPhase.Live), false, (int)Errno.None },
        { Phase(BufferPhase.Live), false, On(BufferEvent.Revoke), Phase(BufferPhase.Revoking), false, (int)Errno.None },
        { Phase(BufferPhase.Live), false, On(BufferEvent.Unrevoke), Phase(BufferPhase.Live), false, (int)Errno.None },
        { Phase(BufferPhase.Live), false, On(BufferEvent.Close), Phase(BufferPhase.Revoking), true, (int)Errno.None },
        { Phase(BufferPhase.Live), false, On(BufferEvent.RevokeFinished), Phase(BufferPhase.Live), false, (int)Errno.EINVAL },
        { Phase(BufferPhase.Revoking), false, On(BufferEvent.Use), Phase(BufferPhase.Revoking), false, (int)Errno.ENODEV },
        { Phase(BufferPhase.Revoking), false, On(BufferEvent.Revoke), Phase(BufferPhase.Revoking), false, (int)Errno.EAGAIN },
        { Phase(BufferPhase.Revoking), false, On(BufferEvent.Unrevoke), Phase(BufferPhase.Revoking), false, (int)Errno.EAGAIN },
        { Phase(BufferPhase.Revoking), false, On(BufferEvent.Close), Phase(BufferPhase.Revoking), true, (int)Errno.EAGAIN },
        { Phase(BufferPhase.Revoking), true, On(BufferEvent.Close), Phase(BufferPhase.Revoking), true, (int)Errno.EAGAIN },
        { Phase(BufferPhase.Revoking), false, On(BufferEvent.RevokeFinished), Phase(BufferPhase.Revoked), false, (int)Errno.None },
        { Phase(BufferPhase.Revoking), true, On(BufferEvent.RevokeFinished), Phase(BufferPhase.Dead), false, (int)Errno.None },
        { Phase(BufferPhase.Revoked), false, On(BufferEvent.Use), Phase(BufferPhase.Revoked), false, (int)Errno.ENODEV },
        { Phase(BufferPhase.Revoked), false, On(BufferEvent.Revoke), Phase(BufferPhase.Revoked), false, (int)Errno.None },
        { Phase(BufferPhase.Revoked), false, On(BufferEvent.Unrevoke), Phase(BufferPhase.Live), false, (int)Errno.None },
        { Phase(BufferPhase.Revoked), false, On(BufferEvent.Close), Phase(BufferPhase.Dead), false, (int)Errno.None },
        { Phase(BufferPhase.Dead), false, On(BufferEvent.Use), Phase(BufferPhase.Dead), false, (int)Errno.ENODEV },
        { Phase(BufferPhase.Dead), false, On(BufferEvent.Revoke), Phase(BufferPhase.Dead), false, (int)Errno.None },
        { Phase(BufferPhase.Dead), false, On(BufferEvent.Unrevoke), Phase(BufferPhase.Dead), false, (int)Errno.ENODEV },
        { Phase(BufferPhase.Dead), false, On(BufferEvent.Close), Phase(BufferPhase.Dead), false, (int)Errno.None },
    };

    public static TheoryData<string, string, string, int> AttachmentRows { get; } = new()
    {
        // state before, event, state after, errno; a state is phase:mappings/invalidated/pins
        { "Matched:0/0/0", "List", "Listed:0/0/0", (int)Errno.None },
        { "Matched:0/0/0", "Refuse", "Failed:0/0/0", (int)Errno.None },
        { "Matched:0/0/0", "Import", "Matched:1/0/0", (int)Errno.None },
        { "Matched:1/0/0", "List", "Listed:1/0/0", (int)Errno.None },
        { "Listed:0/0/0", "Import", "Listed:0/0/0", (int)Errno.EINVAL },
        { "Detached:0/0/0", "Import", "Detached:0/0/0", (int)Errno.EINVAL },
        { "Matched:0/0/0", "Map", "Matched:0/0/0", (int)Errno.EINVAL },
        { "Matched:0/0/0", "Pin", "Matched:0/0/0", (int)Errno.EINVAL },
        { "Matched:0/0/0", "Detach", "Matched:0/0/0", (int)Errno.EINVAL },
        { "Listed:0/0/0", "List", "Listed:0/0/0", (int)Errno.EINVAL },
        { "Listed:0/0/0", "Refuse", "Listed:0/0/0", (int)Errno.EINVAL },
        { "Listed:0/0/0", "Map", "Listed:1/0/0", (int)Errno.None },
        { "Listed:0/0/0", "Unmap", "Listed:0/0/0", (int)Errno.EINVAL },
        { "Listed:0/0/0", "UnmapInvalidated", "Listed:0/0/0", (int)Errno.EINVAL },
        { "Listed:0/0/0", "Pin", "Listed:0/0/1", (int)Errno.None },
        { "Listed:0/0/0", "Unpin", "Listed:0/0/0", (int)Errno.EINVAL },
        { "Listed:0/0/0", "Detach", "Detached:0/0/0", (int)Errno.None },
        { "Listed:0/0/0", "Invalidate", "Listed:0/0/0", (int)Errno.None },
        { "Listed:0/0/1", "Map", "Listed:1/0/1", (int)Errno.None },
        { "Listed:0/0/1", "Unpin", "Listed:0/0/0", (int)Errno.None },
        { "Listed:0/0/1", "Detach", "Listed:0/0/1", (int)Errno.EBUSY },
        { "Listed:1/0/0", "Map", "Listed:2/0/0", (int)Errno.None },
        { "Listed:1/0/0", "Unmap", "Listed:0/0/0", (int)Errno.None },
        { "Listed:1/0/0", "Detach", "Listed:1/0/0", (int)Errno.EBUSY },
        { "Listed:2/0/1", "Invalidate", "Listed:0/2/1", (int)Errno.None },
        { "Listed:1/2/0", "Invalidate", "Listed:0/3/0", (int)Errno.None },
        { "Listed:0/1/0", "Unmap", "Listed:0/1/0", (int)Errno.EINVAL },
        { "Listed:0/1/0", "UnmapInvalidated", "Listed:0/0/0", (int)Errno.None },
        { "Listed:0/1/0", "Map", "Listed:1/1/0", (int)Errno.None },
        { "Listed:0/1/0", "Detach", "Listed:0/1/0", (int)Errno.EBUSY },
        { "Listed:2147483647/0/0", "Map", "Listed:2147483647/0/0", (int)Errno.E2BIG },
        { "Detached:0/0/0", "List", "Detached:0/0/0", (int)Errno.EINVAL },
        { "Detached:0/0/0", "Map", "Detached:0/0/0", (int)Errno.EINVAL },
        { "Detached:0/0/0", "Pin", "Detached:0/0/0", (int)Errno.EINVAL },
        { "Detached:0/0/0", "Detach", "Detached:0/0/0", (int)Errno.EINVAL },
        { "Failed:0/0/0", "List", "Failed:0/0/0", (int)Errno.EINVAL },
        { "Failed:0/0/0", "Map", "Failed:0/0/0", (int)Errno.EINVAL },
        { "Failed:0/0/0", "Invalidate", "Failed:0/0/0", (int)Errno.EINVAL },
        { "Failed:0/0/0", "Detach", "Failed:0/0/0", (int)Errno.EINVAL },
    };

    [Theory]
    [MemberData(nameof(BufferRows))]
    public void A_buffer_goes_where_the_table_says(int before, bool closing, int happened, int after, bool closingAfter, int errno)
    {
        (BufferLife next, Errno refused) = BufferLife.Apply(new BufferLife((BufferPhase)before, closing), (BufferEvent)happened);
        Assert.Equal((new BufferLife((BufferPhase)after, closingAfter), (Errno)errno), (next, refused));
    }

    [Theory]
    [MemberData(nameof(AttachmentRows))]
    public void An_attachment_goes_where_the_table_says(string before, string happened, string after, int errno)
    {
        (AttachmentStatus next, Errno refused) = AttachmentStatus.Apply(Parse(before), Enum.Parse<AttachmentEvent>(happened));
        Assert.Equal((Parse(after), (Errno)errno), (next, refused));
    }

    private static int Phase(BufferPhase phase) => (int)phase;

    private static int On(BufferEvent happened) => (int)happened;

    private static AttachmentStatus Parse(string text)
    {
        string[] parts = text.Split(':', '/');
        return new AttachmentStatus(
            Enum.Parse<AttachmentPhase>(parts[0]), Number(parts[1]), Number(parts[2]), Number(parts[3]));
    }

    private static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
