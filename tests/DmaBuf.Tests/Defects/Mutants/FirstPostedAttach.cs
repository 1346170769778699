namespace DmaBuf.Tests.Defects.Mutants;

/// <summary>
/// The attach path of the first posted version in miniature: results are numbers, a negative one is an error, and the caller gets a "pointer" that may be
/// a number in disguise.
/// </summary>
internal sealed class FirstPostedAttach
{
    /// <summary>What a match rule says: 0 accepts, anything else ends the negotiation (D-1).</summary>
    internal Func<FirstPostedAttach, int> Match { get; init; } = static _ => 0;

    /// <summary>Null until the attachment has been filled in, after negotiation (D-1b).</summary>
    internal string? ImporterKind { get; private set; }

    internal bool PeerAllowed { get; set; }

    internal int References { get; private set; } = 1;

    internal int Mappings { get; set; }

    internal bool IsAttached { get; private set; }

    internal Action? ExporterAttach { get; init; }

    internal Func<int> LaterPart { get; init; } = static () => 0;

    /// <summary>True where the caller's test for an error pointer sees none.</summary>
    internal bool Attach(string importerKind)
    {
        int result = Match(this);
        if (result != 0)
        {
            return result > 0;
        }

        ImporterKind = importerKind;
        ExporterAttach?.Invoke();
        if (LaterPart() < 0)
        {
            return false;
        }

        IsAttached = true;
        return true;
    }

    /// <summary>Looks for no mapping (D-26).</summary>
    internal bool Detach()
    {
        IsAttached = false;
        return true;
    }

    internal void RevokeDropsTheInitialReference() => References--;

    /// <summary>Drops it a second time (D-21).</summary>
    internal void CloseDropsTheInitialReference() => References--;
}
