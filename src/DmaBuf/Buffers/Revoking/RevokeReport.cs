using System.Globalization;

namespace DmaBuf;

/// <summary>How a revoke ended, and for whom.</summary>
/// <param name="Outcome">The worst outcome of any importer or fence.</param>
/// <param name="Elapsed">From the start to the end of the revoke.</param>
/// <param name="Attachments">The importers that had not let go by the deadline.</param>
/// <param name="UnsignaledFences">The fences that had not signalled by the deadline, described.</param>
/// <remarks>Immutable, safe for all threads.</remarks>
public sealed record RevokeReport(
    RevokeOutcome Outcome, TimeSpan Elapsed, IReadOnlyList<RevokedAttachment> Attachments, IReadOnlyList<string> UnsignaledFences)
{
    internal static RevokeReport NothingToDo { get; } = new(RevokeOutcome.Drained, TimeSpan.Zero, [], []);

    /// <summary>One line for a log.</summary>
    public override string ToString()
    {
        string held = string.Join(", ", Attachments.Select(static one =>
            $"{one.Importer} ({one.Type}, {one.Outcome}: {one.Mappings} mappings, {one.Accesses} accesses)"));
        string late = UnsignaledFences.Count == 0 ? string.Empty : $"; fences not signalled: {string.Join(", ", UnsignaledFences)}";
        return string.Create(
            CultureInfo.InvariantCulture, $"{Outcome} after {Elapsed.TotalMilliseconds:0.###} ms{(held.Length == 0 ? string.Empty : ": " + held)}{late}");
    }
}
