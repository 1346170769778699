namespace DmaBuf;

/// <summary>How a revoke ended; ordered by severity.</summary>
public enum RevokeOutcome
{
    /// <summary>Everybody let go in time.</summary>
    Drained,

    /// <summary>The deadline came, and the memory was taken away.</summary>
    Forced,

    /// <summary>The deadline came, and somebody who cannot be cut off still holds the memory: it must not be reused before that one ends.</summary>
    Quarantined,
}
