namespace DmaBuf;

/// <summary>What the one who caused a gate's transition has to do.</summary>
internal enum GateEffect
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The access has begun.</summary>
    Entered,

    /// <summary>The access is refused: revoked.</summary>
    RefusedRevoked,

    /// <summary>The access or the unmap is refused: unmapped before.</summary>
    RefusedUnmapped,

    /// <summary>The caller must tear the mapping down: it is unmapped and nobody is inside. Given to exactly one.</summary>
    TearDown,

    /// <summary>A leave without an enter: a programming error.</summary>
    Unbalanced,
}
