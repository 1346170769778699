namespace DmaBuf.Tests.Fakes;

/// <summary>Expects that the framework refuses with an errno, in a message that ends with it.</summary>
internal static class Refusal
{
    internal static DmaBufException Expect(Errno errno, Action call)
    {
        DmaBufException refused = Assert.ThrowsAny<DmaBufException>(call);
        Assert.Equal(errno, refused.Errno);
        Assert.EndsWith($"[{errno}]", refused.Message, StringComparison.Ordinal);
        return refused;
    }

    /// <summary>What a revoke came to that had nothing to wait for and therefore ended on the caller.</summary>
    internal static RevokeReport Ended(ValueTask<RevokeReport> revoke)
    {
        Assert.True(revoke.IsCompleted, "the revoke should have ended on the caller");
        return revoke.Result;
    }
}
