namespace DmaBuf;

/// <summary>Why mappings are no longer good.</summary>
public enum InvalidateReason
{
    /// <summary>The memory is about to move; map again before the next use.</summary>
    Move,

    /// <summary>The memory is taken away; unmap, and do not map again before <see cref="Unrevoke"/>.</summary>
    Revoke,

    /// <summary>The memory is back after a revoke; nothing is mapped, mapping succeeds again.</summary>
    Unrevoke,
}
