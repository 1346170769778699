namespace DmaBuf.Linux;

/// <summary>What became of a device's buffers when its memory went away or came back.</summary>
/// <param name="Reports">How each revoke ended, one for each buffer that was alive; empty where none was revoked.</param>
/// <param name="StayedRevoked">Why buffers could not be given back, one sentence each.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record VfioMemoryChange(IReadOnlyList<RevokeReport> Reports, IReadOnlyList<string> StayedRevoked)
{
    /// <summary>The worst outcome of all revokes; drained if there was none.</summary>
    public RevokeOutcome Outcome => Reports.Aggregate(RevokeOutcome.Drained, static (worst, report) => report.Outcome > worst ? report.Outcome : worst);
}
